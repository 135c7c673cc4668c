package Civic::Nginx;

# The distribution's nginx with the built module, on a configuration of its
# own in a temporary folder: the rules, scripts and plugins are copied there,
# so that workers can read them and a test may damage them.

use strict;
use warnings;

use Carp qw(croak);
use Fcntl qw(SEEK_SET);
use File::Copy qw(copy);
use Time::HiRes qw(sleep);

use Civic::Process;

my $root  = Civic::Process::ROOT;
my $build = "$root/" . ($ENV{CIVIC_ASAN} ? 'build/asan' : 'build');

# What sanitizers and nginx write when something is wrong for certain.
my $alarms = qr/Sanitizer|runtime error|\[alert\]|\[emerg\]|exited on signal/;

sub root  { return $root }
sub build { return $build }
sub asan  { return $ENV{CIVIC_ASAN} ? 1 : 0 }

# new(redis => Civic::Redis, plugins => ['login', 'hello sometimes=1', ...],
#     environment => 'sandbox', workers => 1,
#     first => text (before our module is loaded), main => text,
#     events => text, http => text, server => text, location => text,
#     civic => text (replaces directives in http),
#     allow => regexp of log lines that this test provokes,
#     port => where it listens, env => { NAME => value }, preload => library of nginx's own process,
#     fixtures => ['probe', ...]: plugins of t/plugin/fixtures, with their
#     rules and scripts, after the others).
sub new {
    my ($class, %arg) = @_;
    my $self = bless {
        environment => 'sandbox', workers => 1, plugins => ['login'],
        prefix => '/', %arg,
        folder => Civic::Process::folder(),
        port => $arg{port} || Civic::Process::port(),
    }, $class;
    my $dir = $self->{folder};

    $self->{log} = "$dir/error.log";
    $self->{allow_alarms} = [ $arg{allow} ? $arg{allow} : () ];
    mkdir "$dir/$_" for qw(plugins scripts tmp);
    system('cp', '-r', "$root/lua/rules", $dir);
    _copy("$root/lua/redis", "$dir/scripts", 'lua');
    system('cp', '-r', "$root/build/share/captcha", "$dir/captcha");
    $self->_add_fixture($_) for @{ delete $self->{fixtures} || [] };
    $self->write_conf;
    $self->civicctl('keyring', 'init');
    return $self;
}

sub folder  { return $_[0]{folder} }
sub port    { return $_[0]{port} }
sub pid     { return $_[0]{pid} }
sub keyring { return "$_[0]{folder}/keyring.json" }
sub rules   { return "$_[0]{folder}/rules" }
sub scripts { return "$_[0]{folder}/scripts" }
sub plugins { return "$_[0]{folder}/plugins" }
sub conf    { return "$_[0]{folder}/nginx.conf" }

sub url {
    my ($self) = @_;

    return "http://127.0.0.1:$self->{port}";
}

# "name option=value ...": a fixture becomes a plugin among the others.
sub _add_fixture {
    my ($self, $words) = @_;
    my ($name) = split ' ', $words;
    my $from = "$root/t/plugin/fixtures";

    copy("$build/t/plugin/fixtures/$name.so", $self->plugins)
        or croak "fixture $name: $!";
    copy("$from/rules/$name.lua", $self->rules) if -e "$from/rules/$name.lua";
    _copy("$from/redis", $self->scripts, 'lua');
    $self->{plugins} = [ @{ $self->{plugins} }, $words ];
    return;
}

# Brings the built plugins that a configuration names, each once: a test may
# take its copy away.
sub _bring {
    my ($self, $text) = @_;
    my $dir = $self->plugins;

    while ($text =~ m{\Q$dir\E/(\w+)\.so}g) {
        my $file = "$build/plugins/$1.so";

        next if $self->{brought}{$1}++ || -e "$dir/$1.so" || !-e $file;
        copy($file, $dir) or croak "plugin $1: $!";
    }
    return;
}

# Writes nginx.conf from what is given now and was given before.
sub write_conf {
    my ($self, %arg) = @_;

    %$self = (%$self, %arg);
    my $text = $self->_conf;
    $self->_bring($text);
    open my $file, '>', $self->conf or croak $self->conf . ": $!";
    print {$file} $text;
    close $file;
    return;
}

# nginx -t: (1 if good, what it said).
sub check {
    my ($self) = @_;
    my $said = $self->_run('-t');

    return ($? == 0, $said);
}

# start(refused => 1): it is expected to fail.  nginx then ends without giving
# its pools back, which is no leak of ours.
sub start {
    my ($self, %arg) = @_;
    my $leaks = $arg{refused} ? 0 : 1;
    my @preload = $self->{preload} // ();
    my $env = { LD_PRELOAD => "@preload", %{ $self->{env} || {} } };

    if (asan()) {
        $env = {
            %$env,
            LD_PRELOAD => join(' ', (map { _library($_) } qw(asan ubsan)),
                @preload),
            ASAN_OPTIONS => "detect_leaks=$leaks:detect_odr_violation=0",
            LSAN_OPTIONS => "suppressions=$root/t/lib/lsan.supp",
            UBSAN_OPTIONS => 'print_stacktrace=1',
        };
    }
    $self->{pid} = Civic::Process::start(name => 'nginx',
        command => [ 'nginx', $self->_arguments ],
        log => "$self->{folder}/stderr.log", env => $env);
    Civic::Process::wait_for("nginx ($self->{log})", 20, sub {
        Civic::Process::alive($self->{pid})
            or croak 'nginx ended: ' . $self->log_text;
        return Civic::Process::listening($self->{port});
    });
    return $self;
}

# Sends a signal to the master: HUP, USR1, USR2, WINCH ...
sub signal {
    my ($self, $signal) = @_;

    return kill $signal, $self->{pid};
}

# HUP, then waits until the old workers have gone (or, gently, only until
# there are new ones).
sub reload {
    my ($self, %arg) = @_;
    my %old = map { $_ => 1 } $self->workers;
    my $seconds = $arg{seconds} || 30;

    $self->signal('HUP');
    Civic::Process::wait_for('new workers', $seconds, sub {
        my @now = $self->workers;
        return @now && grep { !$old{$_} } @now;
    });
    return if $arg{gently};
    Civic::Process::wait_for('the old workers to go', $seconds,
        sub { !grep { $old{$_} } $self->workers });
    return;
}

# The pids of the workers, those that shut down included.
sub workers {
    my ($self) = @_;

    open my $file, '<', "/proc/$self->{pid}/task/$self->{pid}/children"
        or return;
    my $line = <$file> // '';
    return grep { _is_worker($_) } split ' ', $line;
}

# QUIT (graceful) or what is said; the exit status of the master.
sub stop {
    my ($self, $signal) = @_;

    return undef if !$self->{pid};
    my $status = Civic::Process::stop(delete $self->{pid},
        $signal || 'QUIT', 30);
    return $status;
}

# What the error log and stderr have, from where log_mark() last stood.
sub log_text {
    my ($self) = @_;
    my $text = '';

    for my $path ($self->{log}, "$self->{folder}/stderr.log") {
        open my $file, '<', $path or next;
        seek $file, $self->{mark}{$path} || 0, SEEK_SET;
        local $/;
        $text .= <$file> // '';
    }
    return $text;
}

sub log_mark {
    my ($self) = @_;

    $self->{mark}{$_} = -s $_ || 0
        for $self->{log}, "$self->{folder}/stderr.log";
    return;
}

# Waits for a line; 1, or 0 after the seconds.
sub log_has {
    my ($self, $pattern, $seconds) = @_;

    return eval {
        Civic::Process::wait_for("$pattern in the log", $seconds || 5,
            sub { $self->log_text =~ $pattern });
        1;
    } || 0;
}

# Lines that this test provokes, and are no alarm therefore.
sub allow {
    my ($self, $pattern) = @_;

    push @{ $self->{allow_alarms} }, $pattern;
    return;
}

# Lines of the whole log that nothing explains.
sub alarms {
    my ($self) = @_;
    my @lines;

    local $self->{mark} = {};
    for my $line (split /\n/, $self->log_text) {
        next if $line !~ $alarms;
        next if grep { $line =~ $_ } @{ $self->{allow_alarms} };
        push @lines, $line;
    }
    return @lines;
}

# A citizen, as { name, id_number, password }, by civicctl.
sub add_citizen {
    my ($self, $person) = @_;

    return $self->civicctl('citizen', 'add', '--name', $person->{name},
        '--id-number', $person->{id_number}, '--password-stdin',
        \$person->{password});
}

# Runs the built civicctl on this configuration; a last argument that is a
# reference to text is its standard input.  What it said; in list context
# the exit status before it.  In scalar context a failure dies.
sub civicctl {
    my ($self, @argv) = @_;
    my $out = "$self->{folder}/civicctl.out";
    my $in = "$self->{folder}/civicctl.in";
    my $input = ref $argv[-1] ? ${ pop @argv } : '';

    utf8::encode($_) for grep { utf8::is_utf8($_) } @argv, $input;
    open my $file, '>', $in or croak "$in: $!";
    print {$file} $input;
    close $file;
    my $pid = Civic::Process::start(name => "civicctl $argv[0]",
        command => [ "$build/civicctl", '-c', $self->conf, @argv ],
        log => $out, input => $in,
        env => { ASAN_OPTIONS => 'detect_leaks=0', LC_ALL => 'C.UTF-8' });
    my $status = Civic::Process::stop($pid, 'CONT', 60);

    open $file, '<', $out or croak "$out: $!";
    local $/;
    my $said = <$file> // '';
    unlink $out, $in;
    return ($status >> 8, $said) if wantarray;
    croak "civicctl @argv: $said" if $status != 0;
    return $said;
}


# ---- the configuration -----------------------------------------------------

sub civic_directives {
    my ($self) = @_;
    my $text = "civic_environment $self->{environment};\n"
        . 'civic_keyring ' . $self->keyring . ";\n"
        . 'civic_rules ' . $self->rules . ";\n"
        . "civic_blobs $self->{folder}/blobs"
        . ($self->{blobs} ? " $self->{blobs};\n" : ";\n")
        . 'civic_audit ' . ($self->{audit} || "$self->{folder}/audit") . ";\n"
        . 'civic_scripts ' . $self->scripts . ";\n"
        . $self->{redis}->directives;

    for my $plugin (@{ $self->{plugins} }) {
        my ($name, $options) = split / /, $plugin, 2;
        my $file = $name =~ m{/} ? $name : $self->plugins . "/$name.so";
        $options = join ' ', $options // (),
            'captcha_sounds=' . $self->folder . '/captcha'
            if $name eq 'login' && ($options // '') !~ /captcha_sounds/;
        $text .= "civic_plugin $file" . ($options ? " $options" : '') . ";\n";
    }
    return $text;
}

sub _conf {
    my ($self) = @_;
    my $part = sub { $self->{ $_[0] } // '' };
    my $dir = $self->{folder};
    my $user = $> == 0 ? 'user ' . (asan() ? 'root' : 'www-data') . ";\n" : '';
    my $civic = $self->{civic} // $self->civic_directives;
    my $location = $self->{locations} // <<"EOF";
        location $self->{prefix} {
            civic on;
@{[ $part->('location') ]}
        }
        location ~ ^/civic/(messages|consents|blobs)(/|\$) {
            civic on;
        }
        location /civic/ {
            civic_console on;
        }
EOF

    return <<"EOF";
daemon off;
$user
worker_processes $self->{workers};
pid $dir/nginx.pid;
error_log $self->{log} @{[ $self->{log_level} || 'info' ]};
@{[ $part->('first') ]}
load_module $build/ngx_http_civic_module.so;
@{[ $part->('main') ]}
events {
    worker_connections 2048;
    epoll_events 8;
@{[ $part->('events') ]}
}
http {
    access_log $dir/access.log;
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;
$civic
@{[ $part->('http') ]}
    server {
        listen 127.0.0.1:$self->{port} @{[ $part->('listen') ]};
        include $root/conf/civic-errors.conf;
@{[ $part->('server') ]}
$location
    }
}
EOF
}

sub _arguments {
    my ($self) = @_;

    return ('-p', $self->{folder}, '-e', $self->{log}, '-c', $self->conf);
}

sub _run {
    my ($self, @more) = @_;
    my $preload = asan()
        ? 'LD_PRELOAD="' . join(' ', map { _library($_) } qw(asan ubsan))
            . '" ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 '
        : '';

    return join '', `$preload nginx @{[ join ' ', $self->_arguments, @more ]} 2>&1`;
}

sub _library {
    my ($name) = @_;
    my $path = `gcc -print-file-name=lib$name.so`;

    chomp $path;
    return $path;
}

sub _is_worker {
    my ($pid) = @_;

    open my $file, '<', "/proc/$pid/cmdline" or return 0;
    my $line = <$file> // '';
    return $line =~ /worker process/;
}

sub _copy {
    my ($from, $to, $extension) = @_;

    for my $file (glob "$from/*.$extension") {
        copy($file, $to) or croak "copy $file: $!";
    }
    return;
}

1;
