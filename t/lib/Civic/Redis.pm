package Civic::Redis;

# The store of a test: one Redis, three masters of a Cluster, or one behind
# TLS; and a small client for looking into it.  The module's user and its
# rights are those of conf/redis.acl; the client is the default user, which
# may do everything here.

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA qw(sha256_hex);
use Fcntl qw(LOCK_EX);
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep time);

use Civic::Process;

use constant PASSWORD => 'a-password-of-the-tests';
use constant SLOTS    => 16384;
use constant PATIENCE => 5;           # s, for a slot that moves

# start(form => 'single'|'cluster'|'tls', folder => dir, unix => 0|1,
#       set => { option => value }, env => { NAME => value }).
sub start {
    my ($class, %arg) = @_;
    my $form = $arg{form} || $ENV{CIVIC_REDIS} || 'single';
    my $self = bless {
        form => $form, folder => $arg{folder} || Civic::Process::folder(),
        unix => $arg{unix}, set => $arg{set} || {}, env => $arg{env} || {},
        nodes => [],
    }, $class;

    $self->_acl;
    $self->_certificates if $form eq 'tls';
    $self->_node for 1 .. ($form eq 'cluster' ? 3 : 1);
    $self->run($_) for 0 .. $#{ $self->{nodes} };
    $self->_join if $form eq 'cluster';
    return $self;
}

sub form   { return $_[0]{form} }
sub folder { return $_[0]{folder} }
sub nodes  { return scalar @{ $_[0]{nodes} } }
sub port   { return $_[0]{nodes}[ $_[1] || 0 ]{port} }
sub pid    { return $_[0]{nodes}[ $_[1] || 0 ]{pid} }
sub dir    { return $_[0]{nodes}[ $_[1] || 0 ]{dir} }
sub log    { return $_[0]{nodes}[ $_[1] || 0 ]{log} }
sub password_file { return "$_[0]{folder}/redis.password" }

# The civic_redis directives that reach it.
sub directives {
    my ($self) = @_;
    my $node = $self->{nodes}[0];
    my $text = $self->{unix} ? "civic_redis unix:$node->{socket};\n"
        : 'civic_redis ' . join(' ', $self->addresses) . ";\n";

    $text .= "civic_redis_user civic;\n"
        . 'civic_redis_password_file ' . $self->password_file . ";\n";
    $text .= "civic_redis_cluster on;\n" if $self->{form} eq 'cluster';
    $text .= "civic_redis_tls on;\ncivic_redis_tls_ca $self->{folder}/ca.pem;\n"
        . "civic_redis_tls_name redis.test;\n" if $self->{form} eq 'tls';
    return $text;
}

sub addresses {
    my ($self) = @_;

    return "unix:$self->{nodes}[0]{socket}" if $self->{unix};
    return map { "127.0.0.1:$_->{port}" } @{ $self->{nodes} };
}

# Starts node i (again, on the same port and data).
sub run {
    my ($self, $i) = @_;
    my $node = $self->{nodes}[ $i || 0 ];
    my @command = ('redis-server', '--bind', '127.0.0.1',
        '--dir', $node->{dir}, '--unixsocket', $node->{socket},
        '--unixsocketperm', '777', '--aclfile', "$self->{folder}/users.acl",
        '--save', '', '--appendonly', 'yes', '--appendfsync', 'no',
        '--maxmemory-policy', 'noeviction', '--databases', '1',
        '--enable-debug-command', 'local');

    if ($self->{form} eq 'tls') {
        push @command, '--port', 0, '--tls-port', $node->{port},
            '--tls-cert-file', "$self->{folder}/redis.pem",
            '--tls-key-file', "$self->{folder}/redis.key",
            '--tls-ca-cert-file', "$self->{folder}/ca.pem",
            '--tls-auth-clients', 'no';
    } else {
        push @command, '--port', $node->{port};
    }
    push @command, '--cluster-enabled', 'yes', '--cluster-config-file',
        'nodes.conf', '--cluster-node-timeout', 2000,
        '--cluster-port', $node->{bus} if $self->{form} eq 'cluster';
    push @command, map { ("--$_", $self->{set}{$_}) } keys %{ $self->{set} };

    $node->{pid} = Civic::Process::start(name => "redis $node->{port}",
        command => \@command, log => $node->{log}, env => $self->{env});
    Civic::Process::wait_for("redis on port $node->{port} ($node->{log})", 20,
        sub {
            Civic::Process::alive($node->{pid})
                or croak "redis ended, see $node->{log}";
            my $pong = eval { $self->command_on($i || 0, 'PING') } || '';
            return $pong eq 'PONG';
        });
    return;
}

# How node i ends: TERM, KILL; or it stays and is silent: pause, resume.
sub stop {
    my ($self, $i, $signal) = @_;

    delete $self->{nodes}[ $i || 0 ]{client};
    return Civic::Process::stop($self->pid($i), $signal || 'TERM');
}

sub pause  { return kill 'STOP', $_[0]->pid($_[1]) }
sub resume { return kill 'CONT', $_[0]->pid($_[1]) }

# One command, sent to whoever owns its key (argument 1).  An error dies; but a
# slot that is just moving is nobody's for a moment, and what was asked of it
# was not done.
sub command {
    my ($self, @argv) = @_;
    my $until = time + PATIENCE;

    return $self->command_on(0, @argv)
        if $self->{form} ne 'cluster' || @argv == 1;
    while (1) {
        my $value = eval { $self->_follow(@argv) };
        return $value if !$@;
        die $@ if time > $until
            || $@ !~ /TRYAGAIN|CLUSTERDOWN|nobody owns|redirected too often/;
        sleep 0.02;
    }
}

# Goes where it is sent.
sub _follow {
    my ($self, @argv) = @_;
    my $node = $self->_owner($argv[1]);

    for (1 .. 5) {
        my $value = eval { $self->command_on($node, @argv) };
        return $value if !$@;
        die $@ if $@ !~ /(?:MOVED|ASK) \d+ 127\.0\.0\.1:(\d+)/;
        my $port = $1;
        my $asking = $@ =~ /ASK /;
        ($node) = grep { $self->port($_) == $port } 0 .. $self->nodes - 1;
        $self->command_on($node, 'ASKING') if $asking;
    }
    croak "redirected too often: @argv";
}

# One command to node i itself.
sub command_on {
    my ($self, $i, @argv) = @_;
    my $node = $self->{nodes}[$i];

    $node->{client} = undef if ($node->{client_pid} || 0) != $$;
    $node->{client} ||= IO::Socket::UNIX->new(Peer => $node->{socket})
        or croak "connect $node->{socket}: $!";
    $node->{client_pid} = $$;
    my $value = eval { _ask($node->{client}, @argv) };
    if ($@) {
        my $error = $@;
        $node->{client} = undef if $error !~ /^redis: /;
        die $error;
    }
    return $value;
}

# Every key of every node that matches: none twice, or overlooked, for it is
# just moving.
sub keys {
    my ($self, $pattern) = @_;

    my $still = $self->_hold_still;
    my @keys = map { @{ $self->command_on($_, 'KEYS', $pattern || '*') } }
        0 .. $self->nodes - 1;

    return sort @keys if wantarray;
    return scalar @keys;
}

sub flush {
    my ($self) = @_;

    $self->command_on($_, 'FLUSHALL') for 0 .. $self->nodes - 1;
    return;
}


# ---- a Cluster whose slots move --------------------------------------------

# Moves slots that hold keys from node to node, in a process of its own,
# until stop_migrating(): so requests meet MOVED, ASK and TRYAGAIN.  Once for
# each store, however many use it.
sub migrate_in_background {
    my ($self) = @_;

    return if $self->{migrator};
    croak 'only a Cluster has slots' if $self->{form} ne 'cluster';
    my $flag = "$self->{folder}/stop-migrating";
    my $counter = "$self->{folder}/migrations";
    unlink $flag;
    $self->{migrator} = Civic::Process::background('migration', sub {
        my $moved = 0;

        srand $$;
        while (!-e $flag) {
            my $from = int rand $self->nodes;
            my $to = ($from + 1 + int rand($self->nodes - 1)) % $self->nodes;
            my $key = $self->command_on($from, 'RANDOMKEY');

            if (defined $key) {
                my $slot = $self->command_on($from, 'CLUSTER', 'KEYSLOT',
                    $key);
                my $mine = $self->_hold_still;
                $moved += $self->migrate($slot, $to, 0.03);
                undef $mine;
                open my $file, '>', $counter or die "$counter: $!";
                print {$file} $moved;
                close $file;
            }
            sleep 0.03;
        }
    });
    return;
}

# Who has this handle moves slots, or looks at all of them while nobody does.
sub _hold_still {
    my ($self) = @_;

    open my $lock, '>>', "$self->{folder}/moving" or croak "moving: $!";
    flock $lock, LOCK_EX or croak "moving: $!";
    return $lock;
}

# Ends it after the slot that it is at; how many were moved.
sub stop_migrating {
    my ($self) = @_;

    return 0 if !$self->{migrator};
    open my $flag, '>', "$self->{folder}/stop-migrating" or die $!;
    close $flag;
    Civic::Process::wait_for('the migration to end', 15,
        sub { !Civic::Process::alive($self->{migrator}) });
    delete $self->{migrator};
    open my $file, '<', "$self->{folder}/migrations" or return 0;
    return 0 + (<$file> || 0);
}

# Moves one slot, staying half-way for so many seconds; 1 if it moved.
sub migrate {
    my ($self, $slot, $to, $linger) = @_;
    my $from = $self->_owner_of_slot($slot);
    my @id = map { $self->command_on($_, 'CLUSTER', 'MYID') }
        0 .. $self->nodes - 1;

    return 0 if $from == $to;
    $self->command_on($to, qw(CLUSTER SETSLOT), $slot, 'IMPORTING',
        $id[$from]);
    $self->command_on($from, qw(CLUSTER SETSLOT), $slot, 'MIGRATING',
        $id[$to]);
    sleep $linger if $linger;
    while (1) {
        my $keys = $self->command_on($from, qw(CLUSTER GETKEYSINSLOT), $slot,
            1);
        last if !@$keys;
        $self->command_on($from, 'MIGRATE', '127.0.0.1', $self->port($to),
            $keys->[0], 0, 5000);
        sleep $linger / 4 if $linger;
    }
    $self->command_on($_, qw(CLUSTER SETSLOT), $slot, 'NODE', $id[$to])
        for $to, $from, grep { $_ != $to && $_ != $from } 0 .. $#id;
    return 1;
}

sub _owner {
    my ($self, $key) = @_;

    return $self->_owner_of_slot(
        $self->command_on(0, 'CLUSTER', 'KEYSLOT', $key));
}

sub _owner_of_slot {
    my ($self, $slot) = @_;

    for my $i (0 .. $self->nodes - 1) {
        my ($line) = grep { /myself/ }
            split /\n/, $self->command_on($i, 'CLUSTER', 'NODES');
        for my $range ((split ' ', $line)[8 .. 1e4]) {
            last if !defined $range;
            next if $range !~ /^(\d+)(?:-(\d+))?$/;
            return $i if $slot >= $1 && $slot <= ($2 // $1);
        }
    }
    croak "nobody owns slot $slot";
}

sub _join {
    my ($self) = @_;
    my $count = $self->nodes;

    for my $i (0 .. $count - 1) {
        my $first = int(SLOTS * $i / $count);
        my $last = int(SLOTS * ($i + 1) / $count) - 1;

        $self->command_on($i, qw(CLUSTER SET-CONFIG-EPOCH), $i + 1);
        $self->command_on($i, qw(CLUSTER ADDSLOTSRANGE), $first, $last);
    }
    $self->command_on(0, qw(CLUSTER MEET), '127.0.0.1', $self->port($_),
        $self->{nodes}[$_]{bus}) for 1 .. $count - 1;
    $self->wait_ready;
    return;
}

# Until every node sees the whole Cluster.
sub wait_ready {
    my ($self) = @_;

    for my $i (0 .. $self->nodes - 1) {
        Civic::Process::wait_for("the Cluster, seen from node $i", 30, sub {
            my $info = $self->command_on($i, qw(CLUSTER INFO));
            return $info =~ /cluster_state:ok/
                && $info =~ /cluster_size:@{[ $self->nodes ]}\r/;
        });
    }
    return;
}


# ---- making ----------------------------------------------------------------

sub _node {
    my ($self) = @_;
    my $i = $self->nodes;
    my $dir = "$self->{folder}/redis-$i";

    mkdir $dir or croak "mkdir $dir: $!";
    push @{ $self->{nodes} }, {
        port => Civic::Process::port(), bus => Civic::Process::port(),
        dir => $dir, socket => "$dir/redis.sock", log => "$dir/redis.log",
    };
    return;
}

# conf/redis.acl with the test's password, and an almighty default user.
sub _acl {
    my ($self) = @_;
    my $hash = sha256_hex(PASSWORD);

    open my $in, '<', Civic::Process::ROOT . '/conf/redis.acl'
        or croak "conf/redis.acl: $!";
    open my $out, '>', "$self->{folder}/users.acl" or croak "acl: $!";
    print {$out} "user default on nopass ~* &* +\@all\n";
    while (my $line = <$in>) {
        next if $line =~ /^user default/;
        $line =~ s/\@PASSWORD_SHA256\@/$hash/;
        print {$out} $line;
    }
    close $out;

    open my $file, '>', $self->password_file or croak $!;
    print {$file} PASSWORD, "\n";
    close $file;
    chmod 0600, $self->password_file;
    return;
}

# An authority, and a certificate for redis.test made by it.
sub _certificates {
    my ($self) = @_;
    my $dir = $self->{folder};
    my @steps = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca"
            . " -keyout $dir/ca.key -out $dir/ca.pem",
        "openssl req -newkey rsa:2048 -nodes -subj /CN=redis.test"
            . " -addext subjectAltName=DNS:redis.test,IP:127.0.0.1"
            . " -keyout $dir/redis.key -out $dir/redis.csr",
        "openssl x509 -req -days 2 -in $dir/redis.csr -CA $dir/ca.pem"
            . " -CAkey $dir/ca.key -CAcreateserial -copy_extensions copy"
            . " -out $dir/redis.pem",
    );

    for my $step (@steps) {
        system("$step > $dir/openssl.log 2>&1") == 0
            or croak "openssl failed, see $dir/openssl.log";
    }
    chmod 0644, "$dir/ca.pem";
    return;
}


# ---- the protocol ----------------------------------------------------------

sub _ask {
    my ($socket, @argv) = @_;
    my $text = '*' . @argv . "\r\n";

    for my $argument (@argv) {
        utf8::encode($argument) if utf8::is_utf8($argument);
        $text .= '$' . length($argument) . "\r\n$argument\r\n";
    }
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $text or croak "write: $!";
    $socket->flush;
    return _answer($socket);
}

sub _answer {
    my ($socket) = @_;
    my $line = readline $socket;

    croak 'redis closed the connection' if !defined $line;
    $line =~ s/\r\n\z//;
    my $type = substr $line, 0, 1, '';
    return $line if $type eq '+' || $type eq ':';
    die "redis: $line\n" if $type eq '-';
    return undef if $line < 0;
    if ($type eq '$') {
        read($socket, my $bytes, $line + 2) == $line + 2
            or croak 'redis closed the connection';
        return substr $bytes, 0, $line;
    }
    return [ map { _answer($socket) } 1 .. $line ];
}

1;
