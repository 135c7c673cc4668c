# nginx is stopped while requests wait for Redis, for a script, for a thread:
# at once (TERM), in its own time (QUIT), and with an end to its patience
# (worker_shutdown_timeout).  It ends with status 0 and without an alarm, no
# write is half-done, and the next start finds everything.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

my $civic = civic(form => 'single', people => 1, workers => 2,
    plugins => ['login', 'hello'], fixtures => ['fault'],
    http => <<'CONF');
civic_redis_timeout 20s;
civic_hash_threads 1 queue=64;
CONF
my $nginx = $civic->nginx;
my $store = $civic->redis;
my $person = $civic->person;
my $token = $civic->client->login($person->{id_number}, $person->{password});
my @pairs;

# Requests of each kind that wait, some of them without their client.
sub waiting {
    my ($word) = @_;
    my @names = map { "$word-$_" } 1 .. 20;

    push @pairs, map { ($_, "$_-then") } @names;
    my @sent = send_all($civic,
        (map { [ 'POST', '/fault/twice', { name => $_, value => 'v' } ] }
            @names),
        (map { [ 'GET', '/fault/trips/x' ] } 1 .. 10),
        (map { [ 'GET', '/login/profile', undef, $token ] } 1 .. 10),
        (map { [ 'POST', '/fault/hash', { name => "$word-hash-$_",
            value => 'v', ms => 300 } ] } 1 .. 4));
    wait_for('fibers', 10, sub { gauge($civic, 'civic_fibers') >= 44 });
    close $_->{socket} for @sent[0 .. 9];
    sleep 0.1;
    return @sent[10 .. $#sent];
}

sub none_half {
    my ($name) = @_;
    my @half = grep {
        my $pair = $_;
        my ($one, $two) = map { $store->command('GET',
            "civic:fault:{$pair}:$_") } qw(a b);

        defined $one != defined $two;
    } @pairs;

    return is("@half", '', "$name: nothing half-written");
}

sub again {
    my ($name) = @_;

    is(join("\n", $nginx->alarms), '', "$name: nothing alarming");
    $nginx->start;
    healthy_soon($civic, "after $name");
    is($civic->client->get('/login/session', token => $token)->{status}, 200,
        "after $name: the session");
    none_half($name);
    return;
}

# At once.
$store->pause(0);
my @sent = waiting('term');
my $began = time;
is($nginx->stop('TERM'), 0, 'TERM: ends with status 0');
cmp_ok(time - $began, '<', 15, 'TERM: at once');
my @answers = answers(3, @sent);
is(scalar(grep { $_->{status} == 200 || $_->{status} == 201 } @answers), 0,
    'TERM: nobody is told a success');
$store->resume(0);
again('TERM');

# In its own time: what waits is answered first.
$store->pause(0);
@sent = waiting('quit');
kill 'QUIT', $nginx->pid;
sleep 0.5;
$store->resume(0);
@answers = answers(30, @sent);
is(join(' ', map { $_->{status} } @answers),
    join(' ', (201) x 10, (200) x 20, (201) x 4), 'QUIT: all are answered');
is($nginx->stop('CONT'), 0, 'QUIT: ends with status 0');
again('QUIT');
is(scalar(grep { !defined $store->command('GET',
    "civic:fault:{quit-$_-then}:b") } 1 .. 20), 0,
    'QUIT: and all is written, also for those who left');

# With an end to its patience: Redis stays silent all the time.
$nginx->write_conf(main => 'worker_shutdown_timeout 1s;');
$nginx->reload;
healthy_soon($civic, 'with a shutdown timeout');
$store->pause(0);
@sent = waiting('timeout');
$began = time;
is($nginx->stop('QUIT'), 0, 'with a timeout: ends with status 0');
cmp_ok(time - $began, '<', 15, 'with a timeout: ends');
answers(1, @sent);
$store->resume(0);
again('a shutdown timeout');

# Again and again, while a password is hashed.
for my $round (1 .. 3) {
    my ($captcha, $solved) = $civic->client->captcha;

    @sent = send_all($civic, [ 'POST', '/login/password', {
        id_number => $person->{id_number}, password => $person->{password},
        captcha_id => $captcha, captcha_answer => $solved } ],
        map { [ 'POST', '/fault/hash', { name => "again-$round-$_",
            value => 'v', ms => 50 } ] } 1 .. 20);
    sleep 0.05 * $round;
    is($nginx->stop('TERM'), 0, "TERM while hashing, $round");
    answers(2, @sent);
    again("TERM while hashing, $round");
}

settled($civic, 'after it all');
finish();
