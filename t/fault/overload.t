# More than it can take: the refused are told at once and when to come again,
# staff and money have their reserve, and everything goes on afterwards.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

my $civic = civic(form => 'single', plugins => ['hello'],
    fixtures => ['fault'], http => <<'CONF');
civic_redis_timeout 15s;
civic_fibers 32 reserve=8;
civic_hash_threads 1 queue=4;
CONF
my $store = $civic->redis;
my $client = $civic->client;

sub session {
    my ($name, $staff) = @_;
    my $answer = $client->post('/fault/session',
        json => { name => $name, staff => $staff });

    return $answer->{json}{token};
}

my $citizen = session('a-citizen', JSON::PP::false());
my $staff = session('a-reviewer', JSON::PP::true());

sub of { return [ 'GET', '/fault/mine', undef, $_[0] ] }

is((ask_all($civic, of($_)))[0]{status}, 200, 'a session')
    for $citizen, $staff;

sub statuses {
    my %count;

    $count{ $_->{status} . ($_->{json}{code} ? " $_->{json}{code}" : '') }++
        for @_;
    return join ', ', map { "$count{$_} x $_" } sort keys %count;
}

# 24 of a crowd come in; the rest is told.
$store->pause(0);
my @crowd = send_all($civic, (map { of($citizen) } 1 .. 50),
    map { [ 'GET', '/fault/read/x' ] } 1 .. 50);
wait_for('the crowd', 5, sub { gauge($civic, 'civic_fibers') == 24 });
my @refused = ask_all($civic, (of($citizen)) x 10,
    ([ 'POST', '/fault/pair', { name => 'refused', value => 'v' } ]) x 10);
is(statuses(@refused), '20 x 503 overloaded', 'more of the crowd are refused');
ok(!(grep { $_->{seconds} > 5 } @refused), 'at once');
is(scalar(grep { ($_->{headers}{'retry-after'} // '') =~ /^[1-9]\d*$/ }
    @refused), 20, 'and told when to come again');
is(scalar(grep { $_->{json}{retry_after} == $_->{headers}{'retry-after'} }
    @refused), 20, 'in the body, too');
is_problem($refused[0], 503, 'overloaded', 'as a problem');

# Staff and money go on, to the end of the reserve.
my @staff = send_all($civic, (of($staff)) x 4,
    (map { [ 'POST', '/fault/money', { name => "money-$_", value => 'v' } ] }
        1 .. 4));
wait_for('the reserve', 5, sub { gauge($civic, 'civic_fibers') == 32 });
my ($beyond) = ask_all($civic, of($staff));
is($beyond->{status}, 503, 'beyond the reserve staff are refused too');
is((ask_all($civic, [ 'GET', '/civic/live' ]))[0]{status}, 200,
    'the console answers');
$store->resume(0);

is(statuses(answers(30, @staff)), '4 x 200, 4 x 201',
    'staff and money: every one of them');
is(statuses(answers(30, @crowd)), '24 x 200, 76 x 503 overloaded',
    'of the crowd: those who came in');
is($store->command('GET', 'civic:fault:{refused}:a'), undef,
    'what was refused was not done');
is($store->command('GET', "civic:fault:{money-$_}:b"), 'v',
    "what was paid stands, $_") for 1 .. 4;

# The hash threads: one at work, four in the queue; all have come before the
# first one is done.
my @hashing = ask_all($civic, map { [ 'POST', '/fault/hash',
    { name => "hash-$_", value => 'v', ms => 600 } ] } 1 .. 12);
is(statuses(@hashing), '5 x 201, 7 x 503 overloaded', 'hashing is bounded');
ok(!(grep { $_->{status} == 503 && $_->{seconds} > 2 } @hashing),
    'the refused are told at once');

# A crowd that comes again and again, and staff in between.
my ($served, $seen) = (0, 0);
my $until = time + 3;
while (time < $until) {
    my @many = send_all($civic, (of($citizen)) x 80);
    my @few = ask_all($civic, (of($staff)) x 3);

    $seen += @few;
    $served += grep { $_->{status} == 200 } @few;
    my @told = answers(20, @many);
    fail('an answer that is neither: ' . statuses(@told))
        if grep { $_->{status} != 200 && $_->{status} != 503 } @told;
}
is($served, $seen, "staff during the crowd: all of $seen");

settled($civic, 'after it all');
is((ask_all($civic, (of($citizen)) x 20))[19]{status}, 200,
    'and citizens are served again');
serves($civic, 'after it all');
finish();
