# The alarms' own bad days: a Redis that is frozen, one that tells this user
# nothing of itself, and a watcher that is killed.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

my $civic = civic(form => 'single', plugins => ['hello'], workers => 2,
    fixtures => ['fault'], allow => qr/exited on signal 9/,
    redis_set => { appendfsync => 'always' });
my $store = $civic->redis;
my $nginx = $civic->nginx;

sub alarms {
    my $status = $civic->client->get('/civic/status')->{json};

    return { map { $_->{code} => $_ } @{ $status->{alarms} } };
}

sub soon {
    my ($name, $seconds, $code) = @_;

    return ok(eval { wait_for($name, $seconds, sub { sleep 0.1;
        return $code->() }) }, $name) || diag(explain(alarms()));
}

sub raised {
    my ($code, $name) = @_;

    return soon($name, 14, sub { alarms()->{$code} });
}

sub cleared {
    my ($code, $name) = @_;

    return soon($name, 14, sub { !alarms()->{$code} });
}

# A frozen Redis: the alarms of this machine are raised all the same, and
# what Redis said last about itself is not taken back.
$store->command(qw(CONFIG SET maxmemory-policy allkeys-lru));
raised('redis_policy', 'a policy that throws people away');
my $since = alarms()->{redis_policy}{since};
$store->pause(0);
raised('redis_down', 'a frozen Redis');
sleep 11;    # a round
is(alarms()->{redis_policy}{since}, $since, 'what it said last still holds');
$store->resume(0);
cleared('redis_down', 'thawed');

# The one who looks is killed: the next one goes on where it was.
my @workers = $nginx->workers;
kill 'KILL', $_ for @workers;
wait_for('new workers', 5, sub {
    my @now = grep { my $pid = $_; !grep { $_ == $pid } @workers }
        $nginx->workers;
    return @now == 2;
});
is(alarms()->{redis_policy}{since}, $since, 'a new worker knows it');
$nginx->log_mark;
sleep 11;
is(alarms()->{redis_policy}{since}, $since, 'and keeps it');
unlike($nginx->log_text, qr/alarm redis_policy/, 'without telling it again');
$store->command(qw(CONFIG SET maxmemory-policy noeviction));
cleared('redis_policy', 'it also clears it');

# CONFIG, then INFO, are taken from the user: said once, and nothing else.
$nginx->log_mark;
$store->command(qw(ACL SETUSER civic -config|get));
ok($nginx->log_has(qr/does not tell this user its appendfsync/, 14),
    'without CONFIG GET');
$store->command(qw(CONFIG SET appendfsync no));
$store->command(qw(CONFIG SET maxmemory-policy allkeys-lru));
raised('redis_policy', 'INFO is asked all the same');
$store->command(qw(ACL SETUSER civic -info));
ok($nginx->log_has(qr/does not tell this user INFO/, 14), 'without INFO');
sleep 11;
for my $what ('its appendfsync', 'INFO') {
    my $times = () = $nginx->log_text =~ /does not tell this user $what/g;

    is($times, 1, "$what: said once");
}
is(alarms()->{redis_durability}, undef, 'nothing is made up');
serves($civic, 'and citizens notice nothing');

finish();
