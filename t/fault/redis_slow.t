# One slow script among fast commands; replicas that are waited for in vain;
# a Redis that is busy; lanes that keep apart what must not queue together.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

use constant IN_TIME => 4;          # s; the slow script takes six, ten that wait
                                    # one after the other would take nine

my $civic = civic(form => 'single', people => 1,
    plugins => ['login', 'hello'], fixtures => ['fault'],
    http => "civic_redis_wait 1;\ncivic_redis_wait_timeout 900ms;",
    redis_set => { 'busy-reply-threshold' => 400 });
my $store = $civic->redis;
my $person = $civic->person;
my $token = $civic->client->login($person->{id_number}, $person->{password});

sub write_slowly { return [ 'POST', "/fault/$_[0]", { name => $_[1],
    value => 'v', ms => $_[2] } ] }

sub fast { return [ 'GET', '/fault/read/fast' ] }

serves($civic, 'at first');

# WAIT holds its own lane for 900 ms, and nobody else's.
my @durable = send_all($civic, write_slowly('durable', 'durable', 0));
sleep 0.1;
my $began = time;
my @fast = map { ask_all($civic, fast()) } 1 .. 8;
my $fast = time - $began;
my ($waited) = answers(15, @durable);
is(scalar(grep { $_->{status} == 200 } @fast), 8, 'reads beside a WAIT');
cmp_ok($fast, '<', $waited->{seconds} - 0.1, 'are not behind it')
    or diag("$fast s, $waited->{seconds} s");
is($waited->{json}{code}, 'outcome_unknown', 'too few replicas: told');
is($store->command('GET', 'civic:fault:{durable}:b'), 'v',
    'and it was written here');

# A script that works for a while, within everybody's patience: later than
# usual, and all good.
my @answers = ask_all($civic, write_slowly('bulk', 'slow-one', 200),
    map { fast() } 1 .. 20);
is(scalar(grep { $_->{status} =~ /^20/ } @answers), 21,
    'a slow script, and fast ones behind it');

# One beyond it: Redis can do nothing else meanwhile, and everybody is told
# in time; the script's own outcome is unknown, and it did happen.
@answers = send_all($civic, write_slowly('bulk', 'slow-two', 6000));
sleep 0.1;
my @meanwhile = ask_all($civic, every_route($civic, $token));
my ($slow) = answers(15, @answers);
is($slow->{json}{code}, 'outcome_unknown', 'a script that is too slow');
cmp_ok($slow->{seconds}, '<', IN_TIME, 'told in time');
subtest('all the others' => sub {
    for my $answer (@meanwhile) {
        cmp_ok($answer->{seconds}, '<', IN_TIME,
            "$answer->{request}: in time");
        cmp_ok($answer->{status}, '>=', 500, "$answer->{request}: "
            . "$answer->{status} " . ($answer->{json}{code} // ''));
    }
});
wait_for('the end of the script', 10, sub {
    eval { $store->command('PING') } || (sleep(0.05), 0)[1] });
healthy_soon_without_replicas('after the slow script');
is($store->command('GET', 'civic:fault:{slow-two}:a'), 'v',
    'the slow script was not undone');
is($store->command('GET', 'civic:fault:{slow-two}:b'), 'v',
    'in neither of its parts');

# The same with a WAIT that times out again and again, reads all the time.
my @many = send_all($civic, map { write_slowly('durable', "many-$_", 0) }
    1 .. 10);
@fast = map { ask_all($civic, fast()) } 1 .. 20;
is(scalar(grep { $_->{status} == 200 } @fast), 20,
    'reads beside ten that wait');
@many = answers(20, @many);
is(scalar(grep { ($_->{json}{code} // '') eq 'outcome_unknown' } @many), 10,
    'each of the ten is told');
ok(!(grep { $_->{seconds} > IN_TIME } @many), 'in time');

settled($civic, 'after it all');
finish();

sub healthy_soon_without_replicas {
    my ($name) = @_;
    my $since = time;

    wait_for($name, 10, sub {
        my ($write, $read) = ask_all($civic,
            write_slowly('pair', 'healthy', 0), fast());

        return $write->{status} == 201 && $read->{status} == 200;
    });
    return cmp_ok(time - $since, '<', 10, "$name: healthy soon");
}
