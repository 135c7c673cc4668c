# A plugin that does not fit is refused by nginx -t before any of its code
# runs, with its file, what was found and what was expected; a cold start
# with it fails, and a reload with it changes nothing.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use File::Copy qw(copy);

my $civic = civic(form => 'single', start => 0, plugins => ['hello'],
    fixtures => ['fault']);
my $nginx = $civic->nginx;
my $dir = $nginx->plugins;
my $built = Civic::Nginx::build() . '/t/plugin/fixtures';
my $trace = $nginx->folder . '/constructor-ran';
my $usual = [ 'hello', 'fault' ];

$nginx->allow(qr/\[emerg\].* in .*nginx\.conf:\d+/);
$ENV{CIVIC_FIXTURE_TRACE} = $trace;

# What each fixture is told, beside its own path.  Those of the first list
# must not even be loaded.
my %unseen = (
    wrong_major   => qr/contract: found 2\.0, expected 1\.0 to 1\.0/,
    newer_minor   => qr/contract: found 1\.1, expected 1\.0 to 1\.0/,
    wrong_pointer => qr/pointer size: found 2, expected 8/,
    wrong_jansson => qr/jansson: found major 3, expected 2/,
    no_stamp      => qr/no stamp of Civic: found no note.*expected one/,
    truncated     => qr/truncated|ends? (?:at|after|before|in)|too short/,
    headless      => qr/truncated: found 40 bytes, expected at least 64/,
    text          => qr/ELF/,
    empty         => qr/ELF|empty/,
    folder        => qr/./,
    missing       => qr/No such file or directory/,
);
my %loaded = (
    no_symbol         => qr/exports no symbol "civic_plugin"/,
    undefined_symbol  => qr/undefined symbol: fixture_nobody_has_this/,
    duplicate_route   => qr{/things/\{name\}"[ ]is[ ]there[ ]
        already,[ ]as[ ]"/duplicate-route/things/\{id\}"}x,
    bad_name          => qr/named "Bad Name", expected/,
    bad_fallback      => qr/fallback of "limit"/,
    bad_pattern       => qr/field "code": pattern does not compile/,
    get_changes       => qr/a GET cannot have CIVIC_CHANGES/,
    no_handler        => qr/has no handler/,
    no_roles          => qr/roles are 0x0, expected/,
    no_summary        => qr/lacks what it does/,
    session_purpose   => qr/"session" is the host's own/,
    uploads_of_anyone => qr/uploads are for a POST or PUT with CIVIC_CHANGES/,
    undefined_problem => qr/problem "no_such_code", which nobody defines/,
    check_fails       => qr/option "tide" is "low", expected "high"/,
);

sub bytes_of {
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}

sub put {
    my ($name, $bytes) = @_;

    open my $file, '>:raw', "$dir/$name.so" or die "$name: $!";
    print {$file} $bytes;
    close $file;
    return;
}

my $good = bytes_of("$built/good.so");

for my $name (keys %unseen, keys %loaded) {
    copy("$built/$name.so", $dir) if -e "$built/$name.so";
}
put('truncated', substr $good, 0, length($good) / 2);
put('headless', substr $good, 0, 40);
put('text', "#!/bin/sh\necho this is no plugin\n");
put('empty', '');
mkdir "$dir/folder.so";

sub refused {
    my ($name, $said_as, @words) = @_;

    $nginx->write_conf(plugins => [ @$usual, join ' ', $name, @words ]);
    unlink $trace;
    my ($ok, $said) = $nginx->check;
    ok(!$ok, "$name is refused");
    like($said, qr{\Q$dir/$name.so\E: }, "$name: its file");
    like($said, $said_as, "$name: found and expected");
    like($said, qr/nginx\.conf:\d+/, "$name: the line of nginx.conf");
    return;
}

# The positive control: a plugin that fits does run its constructor.
copy("$built/good.so", $dir);
$nginx->write_conf(plugins => [ @$usual, 'good' ]);
my ($ok, $said) = $nginx->check;
ok($ok, 'a plugin that fits is taken') or diag($said);
ok(-e $trace, 'and its constructor ran');

for my $name (sort keys %unseen) {
    refused($name, $unseen{$name});
    ok(!-e $trace, "$name: no constructor ran");
}
refused($_, $loaded{$_}) for sort keys %loaded;

# Wherever the file ends, it is an answer and no crash.
my $crashed = 0;
for my $step (1 .. 24) {
    put('cut', substr $good, 0, length($good) * $step / 25);
    $nginx->write_conf(plugins => [ @$usual, 'cut' ]);
    ($ok, $said) = $nginx->check;
    $crashed++ if $ok || $said !~ m{\Q$dir/cut.so\E: };
}
is($crashed, 0, 'cut at any length: refused by name');

# Options: one that is not there, one with a bad value, two of the same
# plugin.
refused('good', qr/unknown option "colour"; the plugin's options: none/,
    'colour=red');
$nginx->write_conf(plugins => [ 'hello colour=red', 'fault' ]);
($ok, $said) = $nginx->check;
ok(!$ok, 'an unknown option is refused');
like($said, qr{\Q$dir/hello.so\E:\ unknown\ option\ "colour";\ the\ 
    plugin's\ options:\ "default_name"}x, 'with file, found and expected');
$nginx->write_conf(plugins => [ 'hello default_name=', 'fault' ]);
($ok, $said) = $nginx->check;
ok(!$ok, 'a bad value is refused');
like($said, qr{\Q$dir/hello.so\E: .*"default_name": too_short},
    'with the file and why');
$nginx->write_conf(plugins => [ 'hello', 'fault', 'hello' ]);
($ok, $said) = $nginx->check;
ok(!$ok && $said =~ m{"hello".*is loaded already from "\Q$dir/hello.so\E"},
    'the same plugin twice is refused') or diag($said);

# What stands for others' services is for a sandbox.
copy("$built/sandbox_only.so", $dir);
$nginx->write_conf(plugins => [ @$usual, 'sandbox_only' ]);
($ok, $said) = $nginx->check;
ok($ok, 'a plugin for sandboxes is taken in one') or diag($said);
$nginx->write_conf(plugins => [ @$usual, 'sandbox_only' ],
    environment => 'production');
($ok, $said) = $nginx->check;
ok(!$ok && $said =~ /"sandbox_only" is for "civic_environment sandbox" alone/,
    'and refused in production') or diag($said);
$nginx->write_conf(plugins => $usual, environment => 'sandbox');

# A reload with a broken plugin: the old one goes on, in the same workers.
$nginx->write_conf(plugins => $usual);
$nginx->start;
serves($civic, 'with good plugins');
my @workers = $nginx->workers;
for my $name (qw(wrong_major truncated text missing duplicate_route)) {
    $nginx->write_conf(plugins => [ @$usual, $name ]);
    $nginx->log_mark;
    $nginx->signal('HUP');
    ok($nginx->log_has(qr{\[emerg\].*\Q$dir/$name.so\E}),
        "reload with $name: said");
    is_deeply([ $nginx->workers ], \@workers, "reload with $name: refused");
    serves($civic, "after the reload with $name");
}

# A plugin whose worker part fails: the rest of the site is served.
copy("$built/init_fails.so", $dir);
$nginx->allow(qr/\[alert\].*"init_fails" did not start and answers 503/);
$nginx->write_conf(plugins => [ @$usual, 'init_fails' ]);
$nginx->reload;
serves($civic, 'beside a plugin that did not start');
is_problem($civic->client->get('/civic/ready'), 503, 'plugin_unavailable',
    'not ready then');
$nginx->write_conf(plugins => $usual);
$nginx->reload;
is($civic->client->get('/civic/ready')->{status}, 200, 'ready without it');

# A cold start with a broken plugin does not happen half.
$nginx->stop;
$nginx->write_conf(plugins => [ @$usual, 'truncated' ]);
ok(!eval { $nginx->start(refused => 1); 1 },
    'no cold start with a truncated plugin');
like($@, qr{\Q$dir/truncated.so\E}, 'by name');
$nginx->write_conf(plugins => $usual);
$nginx->start;
serves($civic, 'after the file was put right');

finish();
