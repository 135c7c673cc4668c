# Long polls: who waits for a topic is woken by a notification in any worker
# of any machine; bounds in all and of one address; HTTP/1.1 and HTTP/2; a
# client that leaves frees its place; a reload ends polls at once.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(send_all answers wait_for);
use Civic::Process;
use Time::HiRes qw(sleep time);

use constant QUICK  => 6;           # s, far under the polls' own time
use constant PLACES => 24;
use constant SOURCE => 10;

my $h2_port = Civic::Process::port();
my $real_ip = "set_real_ip_from 127.0.0.1; real_ip_header X-Client;\n";
my $civic = civic(plugins => ['hello'], fixtures => ['poll'], workers => 2,
    http => 'civic_waiters ' . PLACES . ' per_address=' . SOURCE . ';'
        . " server { listen 127.0.0.1:$h2_port http2;"
        . " location / { civic on; } }\n", server => $real_ip);
my $twin = civic(plugins => ['hello'], fixtures => ['poll'], workers => 2,
    redis => $civic->redis, server => $real_ip);
my $client = $civic->client;
my $addresses = 0;

# A poll of its own address, unless one is given.
sub poll {
    my ($topic, %arg) = @_;
    my $address = delete $arg{address} // '192.0.2.' . ++$addresses;
    my $path = delete $arg{path} // 'state';
    my $query = join '&', map { "$_=$arg{$_}" } sort keys %arg;

    return "GET /poll/$path/$topic?$query HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nX-Client: $address\r\n\r\n";
}

sub set {
    my ($where, $topic, $value, %more) = @_;
    my $answer = $where->client->put("/poll/state/$topic",
        json => { value => $value, %more });

    is($answer->{status}, 204, "$topic is $value")
        or diag($answer->{content});
    return;
}

# How many wait, in each worker.
sub waiters {
    my ($where) = @_;
    my $page = $where->client->get('/civic/metrics')->{content};

    return $page =~ /^civic_waiters\{[^}]*\} (\d+)/mg;
}

sub all_waiting {
    my ($where, $count) = @_;
    my $sum;
    my $well = eval {
        wait_for("$count waiters", 5, sub {
            $sum = 0;
            $sum += $_ for waiters($where);
            sleep 0.02;
            return $sum == $count;
        });
    };

    return ok($well, "$count wait") || diag("$sum do");
}

sub all_told {
    my ($name, $value, @answers) = @_;
    my @other = grep { ($_->{json}{value} // '') ne $value
        || !$_->{json}{changed} } @answers;
    my ($slowest) = sort { $b <=> $a } map { $_->{seconds} } @answers;

    ok(!@other, "$name: all are told") or diag(explain(@other));
    return cmp_ok($slowest, '<', QUICK, "$name: soon");
}

sub none_changed {
    my ($name, @answers) = @_;

    return ok(!(grep { $_->{status} != 200 || $_->{json}{changed} }
        @answers), $name) || diag(explain(@answers));
}


# ---- one notification, all workers of all machines ----

my @here = send_all($civic, map { poll('a') } 1 .. 16);
my @there = send_all($twin, map { poll('a') } 1 .. 16);
all_waiting($civic, 16);
all_waiting($twin, 16);
note('waiters of each worker: ', join ' ', waiters($civic), waiters($twin));

set($civic, 'b', 'another');
set($civic, 'a', 'first');
all_told('here', 'first', answers(15, @here));
all_told('on the other machine', 'first', answers(15, @there));
all_waiting($_, 0) for $civic, $twin;

is((answers(15, send_all($twin, poll('a'))))[0]{json}{value}, 'first',
    'a state that is another already is told at once');


# ---- time, spurious hints, a lost one ----

my $began = time;
none_changed('nothing came: the time runs out',
    answers(15, send_all($civic, poll('a', seen => 'first', timeout => 700))));
my $spent = time - $began;
ok($spent > 0.65 && $spent < QUICK, "after its time: $spent s");

# Polls that began together would come again together, for ever.
# No more than one worker has places for: the kernel may give it all of them.
my @together = answers(30, send_all($civic, map { poll('a', seen => 'first',
    timeout => 5000) } 1 .. PLACES));
none_changed('as many at once as a worker has places', @together);
my @apart = sort { $a <=> $b } map { $_->{seconds} } @together;
cmp_ok($apart[0], '>', 4.3, 'none ends much too early');
cmp_ok($apart[-1] - $apart[0], '>', 0.2, 'and they end apart');
none_changed('the time of the wait is not the route\'s',
    answers(15, send_all($civic, poll('a', seen => 'first', timeout => 900,
        path => 'brief'))));

my @hinted = send_all($civic, poll('a', seen => 'first', timeout => 4000));
all_waiting($civic, 1);
is($twin->client->post('/poll/hint/a')->{status}, 204, 'a hint')
    for 1 .. 3;
my ($answer) = answers(20, @hinted);
none_changed('hints for nothing are no change', $answer);
cmp_ok($answer->{json}{rounds}, '>', 1, 'but were looked after');

my @lost = send_all($civic, poll('a', seen => 'first', timeout => 3000));
all_waiting($civic, 1);
set($twin, 'a', 'second', silent => JSON::PP::true);
($answer) = answers(20, @lost);
ok($answer->{status} == 200, 'a lost notification is waited out');
is((answers(15, send_all($civic, poll('a', seen => 'first'))))[0]{json}{value},
    'second', 'and the next poll has the state');

my @several = send_all($civic, map { poll($_, path => 'several') } qw(s t));
all_waiting($civic, 2);
is($twin->client->post('/poll/hint/s-4')->{status}, 204, 'the last of four');
is($twin->client->post('/poll/hint/t-1')->{status}, 204, 'the first of four');
all_told('several topics', '', answers(15, @several));


# ---- places: each worker's, so of one worker ----

my $one = civic(plugins => ['hello'], fixtures => ['poll'],
    redis => $civic->redis, server => $real_ip,
    http => 'civic_waiters ' . PLACES . ' per_address=' . SOURCE . ';');

sub from {
    my ($count, $address) = @_;

    return map { poll('p', address => $address =~ s/#/$_/r) } 1 .. $count;
}

sub refused {
    my ($name, $count, @sent) = @_;
    # the others wait for what never comes: then all have been looked at
    all_waiting($one, @sent - $count);
    my @refused = grep { $_->{status} } answers(1, @sent);

    is(@refused, $count, $name);
    is($refused[0]{json}{code}, 'overloaded', "$name: told as such");
    like($refused[0]{headers}{'retry-after'} // '', qr/^\d+\z/,
        "$name: and when to come again");
    return all_waiting($one, 0);        # answers() has closed the others
}

refused('one address has its places and no more', 3,
    send_all($one, from(SOURCE + 3, '198.51.100.1')));
refused('an IPv6 network counts as one', 2,
    send_all($one, from(SOURCE + 2, '2001:db8:7:7::#')));
refused('and so do all places', 5,
    send_all($one, from(PLACES + 5, '203.0.113.#')));

my @mine = send_all($one, from(SOURCE, '198.51.100.1'));
all_waiting($one, SOURCE);
my @other = send_all($one, from(PLACES - SOURCE, '198.51.100.1#'));
all_waiting($one, PLACES);
is($one->client->get('/hello/visits')->{status}, 200,
    'pollers take no place from others');
close $_->{socket} for @mine, @other;
all_waiting($one, 0);

my @left = send_all($civic, map { poll('r') } 1 .. 5);
all_waiting($civic, 5);
close $_->{socket} for @left;
all_waiting($civic, 0);

my @both = send_all($civic, [ 'POST', '/poll/both/w', { value => 'v' } ]);
all_waiting($civic, 1);
close $both[0]{socket};
all_waiting($civic, 0);


# ---- HTTP/2 ----

sub h2 {
    my ($topic) = @_;
    my $file = $civic->nginx->folder . "/h2-$topic";
    my $pid = Civic::Process::start(name => 'curl', log => $file,
        command => [ 'curl', '-sS', '--http2-prior-knowledge', '--max-time',
            30, '-w', ' %{http_version} %{http_code}',
            "http://127.0.0.1:$h2_port/poll/state/$topic" ]);

    return ($pid, sub {
        Civic::Process::stop($pid, 'CONT', 10);
        open my $in, '<', $file or return '';
        local $/;
        return <$in> // '';
    });
}

my ($curl, $said) = h2('two');
all_waiting($civic, 1);
set($twin, 'two', 'streams');
like($said->(), qr/"streams".* 2 200\z/, 'told over HTTP/2');

($curl, $said) = h2('leaves');
all_waiting($civic, 1);
Civic::Process::stop($curl, 'KILL');
all_waiting($civic, 0);


# ---- misuse ----

is($client->get("/poll/misuse/$_")->{json}{result}, -2, "misuse: $_")
    for qw(elsewhere nothing many long);


# ---- a reload ----

my @reload = send_all($civic, map { poll('z') } 1 .. 12);
all_waiting($civic, 12);
my ($h2, $h2_said) = h2('z2');
all_waiting($civic, 13);
$began = time;
$civic->nginx->reload(seconds => 8);
cmp_ok(time - $began, '<', QUICK, 'pollers hold up no reload');
none_changed('they are told that nothing is new', answers(15, @reload));
like($h2_said->(), qr/"changed":false.* 2 200\z/, 'over HTTP/2 too');
$civic->wait_ready;

@reload = send_all($civic, poll('z'));
all_waiting($civic, 1);
set($twin, 'z', 'after');
all_told('the new workers', 'after', answers(15, @reload));

finish();
