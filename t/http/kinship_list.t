# A hundred thousand revoked codes: their list is made, stored, fetched by each
# worker and sent to whoever asks, and no turn of the loop moves more than some
# pieces of it.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Turns;

use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use constant MANY   => 100_000;
use constant PIECES => 6 * 65_536;    # four of a large reply, and small talk

my $key = Civic::Process::folder() . '/one.pem';
system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");

my $turns = Civic::Turns->new;
my $civic = civic($turns->with, workers => 2,
    plugins => [ 'login', 'civic',
        "kinship signing_key=$key issuer=city.example" ]);
my ($client, $redis, $nginx) = map { $civic->$_ } qw(client redis nginx);

sub list { return $client->get('/kinship/revocations', @_) }

sub make_list {
    $redis->command('HINCRBY', 'civic:{kinship}:list', 'changes', 1);
    is(($nginx->civicctl('job', 'run', 'kinship.list'))[0], 0, 'it is made');
    return;
}

Civic::Process::wait_for('a first list', 30, sub { list()->{status} == 200 });


# ---- many ----

my $ends = int(time) + 86_400;
my @members = map { sprintf '%016x %d', $_ * 7_919, $ends } 1 .. MANY;
while (my @some = splice @members, 0, 1_000) {
    $redis->command('ZADD', 'civic:{kinship}:revoked', map { (0, $_) } @some);
}
make_list();

my $answer;
Civic::Process::wait_for('the new list', 30,
    sub { ($answer = list())->{json}{count} == MANY });
cmp_ok(length $answer->{content}, '>', 1_000_000, 'a megabyte');

# each worker fetches it once, however many ask, and all are sent the same
my %seen = map { list()->{content} => 1 } 1 .. 20;
is_deeply([ keys %seen ], [ $answer->{content} ], 'whichever worker answers');
is($civic->client(unseen => 1)->get('/kinship/revocations',
    headers => { 'If-None-Match' => $answer->{headers}{etag} })->{status}, 304,
    'who has it is not sent it again');
is(list(headers => { 'Civic-Envelope' => 1 })->{json}{data}{count}, MANY,
    'nor cut short in an envelope');


# ---- at whatever pace ----

# It takes some, and a newer list takes its place meanwhile.
my $slow = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $nginx->port, Timeout => 10) or die $!;
setsockopt $slow, SOL_SOCKET, SO_RCVBUF, 16_384;
print {$slow} "GET /kinship/revocations HTTP/1.1\r\nHost: localhost\r\n"
    . "Connection: close\r\n\r\n";
sysread $slow, my $got, 1_000;
$redis->command('ZADD', 'civic:{kinship}:revoked', 0, ('ff' x 8) . " $ends");
make_list();
Civic::Process::wait_for('the next list', 30,
    sub { list()->{json}{count} == MANY + 1 });
list() for 1 .. 20;
while (sysread $slow, $got, 65_536, length $got) { }
$got =~ s/.*?\r\n\r\n//s;
ok($got eq $answer->{content}, 'a slow client is sent the list that it began');

# It leaves in the middle.
for (1 .. 5) {
    my $leaving = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $nginx->port) or die $!;
    print {$leaving} "GET /kinship/revocations HTTP/1.1\r\n"
        . "Host: localhost\r\n\r\n";
    sysread $leaving, $got, 10_000;
    close $leaving;
}
is(list()->{json}{count}, MANY + 1, 'who leaves takes nothing along');

cmp_ok($turns->bytes, '<', PIECES, 'no turn moved more than some pieces');

finish();
