# A full disk: under the logs, under the state folder, under Redis.  The
# service goes on or says by name that it cannot write; nothing is written by
# half.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $store_dir = Civic::Process::folder();
my $full = Civic::Process::folder();

plan(skip_all => 'only root may mount a small disk') if $> != 0;
plan(skip_all => 'no tmpfs can be mounted here')
    if system("mount -t tmpfs -o size=128k,mode=0755 tmpfs $full 2>/dev/null");

my $mounted = 1;
my $owner = $$;

sub unmount {
    return if !$mounted || $$ != $owner;
    system("umount -l $full");
    $mounted = 0;
    return;
}

END { my $status = $?; unmount(); $? = $status }

sub fill {
    open my $file, '>', "$full/ballast" or return;
    1 while syswrite $file, 'x' x 4096;
    close $file;
    return;
}

sub make_room { return unlink "$full/ballast" }

mkdir "$full/state";
my $civic = civic(form => 'single', start => 0, people => 1,
    plugins => ['login', 'hello'], fixtures => ['fault'],
    http => "civic_state $full/state;\naccess_log $full/access.log;");
my $nginx = $civic->nginx;
my $client = $civic->client;
my $person = $civic->person;
my $rules = $nginx->rules . '/hello.lua';

$nginx->allow(qr/No space left|\(28:/);

# Full from the start: it starts, says so, and leaves no part of a file.
fill();
$nginx->start;
ok($nginx->log_has(qr/good revision of ".*hello\.lua" cannot be kept/),
    'the state folder is full: said');
is(join(' ', grep { /hello|login/ && -e } glob "$full/state/*"), '',
    'nothing by half in it');
serves($civic, 'with full disks');
is($client->try_login($person->{id_number}, $person->{password})->{status},
    200, 'a login with full disks');

# Room again: kept at the next reload; full again: the kept one stays whole.
make_room();
$nginx->reload;
ok(-s "$full/state/rules-hello.kept", 'kept when there is room');
my $kept = text_of("$full/state/rules-hello.kept");
ok(index($kept, text_of($rules)) > 0, 'the whole of it');
open my $file, '>>', $rules or die $!;
print {$file} "-- another revision\n" x 400;
close $file;
fill();
$nginx->reload;
is(text_of("$full/state/rules-hello.kept"), $kept,
    'full again: the kept revision stays whole');
is(scalar(grep { /part/ } glob "$full/state/*"), 0, 'and no part beside it');
serves($civic, 'with the new revision');
ok($client->get('/civic/ready')->{status} == 200, 'ready');
make_room();
$nginx->stop;

# The error log itself on the full disk.
fill();
$nginx->{log} = "$full/error.log";
$nginx->write_conf;
$nginx->start;
my @answers = ask_all($civic, map { [ 'GET', '/fault/read/x' ] } 1 .. 50);
is(scalar(grep { $_->{status} == 200 } @answers), 50,
    'with an error log that cannot be written');
serves($civic, 'so');
make_room();
$nginx->stop;
$nginx->{log} = $nginx->folder . '/error.log';
$nginx->write_conf;
$nginx->start;

# Redis' disk is full: it refuses writes, and that is named; reads go on.
my $store = $civic->redis;
my $token = $client->login($person->{id_number}, $person->{password});
serves($civic, 'before');
$store->command(qw(CONFIG SET maxmemory 1));
all_named('no memory for Redis: writes', ask_all($civic,
    map { [ 'POST', $_, { name => 'oom', value => 'v' } ] }
    qw(/fault/pair /fault/bulk /fault/durable)));
is($client->get('/login/session', token => $token)->{status}, 200,
    'no memory for Redis: reads go on');
is($store->command('GET', 'civic:fault:{oom}:a'), undef, 'nothing written');
$store->command(qw(CONFIG SET maxmemory 0));
healthy_soon($civic, 'with memory');

system("mkdir -p $full/redis && chmod 777 $full/redis");
SKIP: {
    skip 'this Redis protects its dir', 8
        if !eval { $store->command(qw(CONFIG GET dir)) };
    my $other = Civic::Redis->start(form => 'single',
        set => { dir => "$full/redis", 'save' => '3600 1',
            appendonly => 'no' });
    my $second = civic(redis => $other, plugins => ['hello'],
        fixtures => ['fault']);

    serves($second, 'another store');
    # big enough that its dump does not fit
    $other->command('SET', 'civic:ballast', join '',
        map { chr 33 + rand 90 } 1 .. 200_000);
    fill();
    $other->command('BGSAVE');
    wait_for('the failed save', 10, sub {
        $other->command('INFO', 'persistence')
            =~ /rdb_last_bgsave_status:err/ });
    all_named("redis' disk is full: writes", ask_all($second,
        map { [ 'POST', $_, { name => 'misconf', value => 'v' } ] }
        qw(/fault/pair /fault/bulk /fault/durable)));
    my ($read) = ask_all($second, [ 'GET', '/fault/read/x' ]);
    is($read->{status}, 200, "redis' disk is full: reads go on");
    $other->command(qw(CLIENT KILL USER civic));
    ok(eval { wait_for('reads', 4, sub {
        (ask_all($second, [ 'GET', '/fault/read/x' ]))[0]{status} == 200 }) },
        'over new connections too');
    is($other->command('GET', 'civic:fault:{misconf}:a'), undef,
        'nothing written');
    make_room();
    $other->command(qw(CONFIG SET stop-writes-on-bgsave-error no));
    $other->command('DEL', 'civic:ballast');
    $other->command('SAVE');
    $other->command(qw(CONFIG SET stop-writes-on-bgsave-error yes));
    healthy_soon($second, 'with room');
    $other->stop(0, 'KILL');
}

finish();
unmount();

sub text_of {
    my ($path) = @_;

    open my $in, '<:raw', $path or return undef;
    local $/;
    return <$in>;
}
