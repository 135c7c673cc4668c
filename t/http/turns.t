# Turns: few requests at a time, in the order of asking; who leaves, runs out
# of time or ends in any way gives its place on; a reload finishes the line.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(send_all answers wait_for gauge settled);
use Civic::Outbound;
use Civic::Process;
use POSIX ();
use Time::HiRes qw(sleep time);

use constant { BUSY => -5, TIMEOUT => -8 };

my $up = upstream();
my $civic = civic(plugins => [], fixtures => ['turns'],
    http => internal({ server => $up->{port} }),
    allow => qr/a turn (?:that the request|that nobody|whose name)
        |returned \ the \ unknown \ result|waited \ for \ a \ turn
        |over \ its \ deadline/x);

# A request that tells who it is.
sub take {
    my ($id, %arg) = @_;
    my $what = delete $arg{what} // 'take/x';
    my $query = join '&', map { "$_=$arg{$_}" } sort keys %arg;

    return "GET /turns/$what?$query HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nX-Id: $id\r\n\r\n";
}

sub has {
    my ($held, $waiting, $name) = @_;
    my @has;
    my $well = eval {
        wait_for($name, 5, sub {
            @has = map { gauge($civic, "civic_turns_$_") } qw(held waiting);
            return "@has" eq "$held $waiting" || (sleep(0.01), 0)[1];
        });
    };

    return ok($well, $name) || diag("@has instead of $held $waiting");
}

# Sent one by one, so that the order is known.
sub line_up {
    my @requests = @_;
    my @sent;

    for my $request (@requests) {
        my $before = gauge($civic, 'civic_turns_waiting');

        push @sent, send_all($civic, $request);
        wait_for('its place in the line', 5,
            sub { gauge($civic, 'civic_turns_waiting') == $before + 1 });
    }
    return @sent;
}

# Who reached the upstream, in order.
sub served { return map { /\?(\w+)/ ? $1 : () } requests($up) }

sub taken { return map { $_->{json}{taken} // "none: $_->{status}" } @_ }


# The job's first run is due at once.
wait_for('the job', 9, sub { grep { $_ eq 'job' } served() });
has(0, 0, 'it is over');
forget_requests($up);


# ---- order ----

my @sent = send_all($civic, take('a', ms => 2000));
has(1, 0, 'one holds');
push @sent, line_up(map { take($_, ms => 50) } qw(b c d e));
has(1, 4, 'the others wait');
is((answers(20, send_all($civic, take('other', what => 'take/y'))))[0]{status},
    200, 'another name is another line');
is_deeply([ taken(answers(20, @sent)) ], [ (OK) x 5 ], 'all get their turn');
is_deeply([ grep { $_ ne 'other' } served() ], [ qw(a b c d e) ],
    'in the order of asking');
has(0, 0, 'nobody is left');
settled($civic, 'a line');

# At once: never more than two.
forget_requests($up);
my $began = time;
@sent = send_all($civic, map { take("p$_", limit => 2, ms => 400) } 1 .. 8);
my $most = 0;
for (1 .. 20) {
    my $held = gauge($civic, 'civic_turns_held');
    $most = $held if $held > $most;
    sleep 0.02;
}
is($most, 2, 'two at a time');
is_deeply([ taken(answers(20, @sent)) ], [ (OK) x 8 ], 'all of them');
cmp_ok(time - $began, '>', 1.59, 'eight of them take four times as long');


# ---- bounds ----

@sent = send_all($civic, take('h', ms => 2500));
has(1, 0, 'one holds');
push @sent, line_up(take('w', line => 1));
my ($full) = answers(20, send_all($civic, take('f', line => 1)));
is($full->{json}{taken}, BUSY, 'the line is full');
($full) = answers(20, send_all($civic, take('f', line => 1, pass => 1)));
is($full->{status}, 503, 'the host\'s answer for it');
is($full->{json}{code}, 'overloaded', 'is that it is overloaded');
is($full->{json}{retry_after}, $full->{headers}{'retry-after'},
    'and says when to come again, in the body as in the header');
is((answers(20, send_all($civic, take('n', limit => 3, line => 0))))[0]
    {json}{taken}, OK, 'a greater limit counts at once');
is_deeply([ taken(answers(20, @sent)) ], [ OK, OK ], 'for who waited, too');
is(gauge($civic, 'civic_turns_refused_total'), 2, 'the full line is counted');
is($civic->client->get('/civic/status')->{json}{workers}[0]{turns}{refused},
    2, 'and on the status page');


# ---- who ends, in whatever way ----

@sent = send_all($civic, take('l1', ms => 4800));
wait_for('its work', 5, sub { grep { $_ eq 'l1' } served() });
has(1, 0, 'one holds');
push @sent, line_up(take('l2'), take('l3', ms => 50), take('l4', ms => 50));
close $sent[1]{socket};
has(1, 2, 'a client that waits leaves');
forget_requests($up);
close $sent[0]{socket};
is_deeply([ taken(answers(3, @sent[2, 3])) ], [ OK, OK ],
    'one that holds leaves: the next ones have it at once');
is_deeply([ served() ], [ 'l3', 'l4' ], 'in order');

# Who called out must run to its end, and keeps its turn for so long.
@sent = send_all($civic, take('u1', ms => 2000, unsafe => 1));
has(1, 0, 'one holds');
push @sent, line_up(take('u2'));
close $sent[0]{socket};
sleep 0.2;
has(1, 1, 'what cannot be taken back keeps its turn');
is((answers(20, $sent[1]))[0]{json}{taken}, OK, 'until it is done');

my ($wrong) = answers(20, send_all($civic, take('r', wrong => 1)));
is($wrong->{status}, 500, 'a handler that returns nonsense');
has(0, 0, 'keeps nothing');
is((answers(20, send_all($civic, take('s', what => 'short/x', ms => 300)),
    send_all($civic, take('t', line => 0))))[1]{json}{taken}, OK,
    'a turn may be ended before the request is');
is($civic->client->get('/turns/often?count=60000')->{status}, 200,
    'and taken as often as one likes');


# ---- time ----

@sent = send_all($civic, take('slow', ms => 2500));
has(1, 0, 'one holds');
push @sent, send_all($civic, take('late'), take('gone', pass => 1));
push @sent, send_all($civic, take('x', ms => 9000, what => 'take/z'));
wait_for('its turn', 1, sub { gauge($civic, 'civic_turns_held') == 2 });
push @sent, send_all($civic, take('x2', pass => 1, what => 'brief/z'));
my @late = answers(20, @sent);
is_deeply([ taken(@late[0 .. 2]) ], [ OK, OK, OK ],
    'just in time');
is($late[3]{status}, 504, 'work that runs over the route\'s deadline');
is($late[4]{status}, 504, 'takes the time of who waits for it');
is($late[4]{json}{code}, 'gateway_timeout', 'told as such');
has(0, 0, 'nobody is left');

@sent = send_all($civic, take('v1', ms => 3500));
has(1, 0, 'one holds');
push @sent, send_all($civic, take('v2', ms => 3500));  # 1.5 s are left then
has(1, 1, 'one waits');
sleep 1.5;
push @sent, send_all($civic, take('v3'));
is_deeply([ map { $_->{status} } answers(20, @sent) ], [ 200, 504, 200 ],
    'waiting is of the route\'s time');


# ---- misuse ----

my $told = $civic->client->get('/turns/misuse')->{json};
is($told->{$_}, ERROR, "misuse: $_") for qw(twice none empty);
is($told->{other}, OK, 'two names at once are none');
$civic->nginx->log_has(qr/asks for a turn that the request holds already/);
$civic->nginx->log_has(qr/asks for a turn that nobody may have/);
$civic->nginx->log_has(qr/asks for a turn whose name is empty/);
$civic->nginx->log_has(qr/ends a turn that the request does not hold/);
has(0, 0, 'nobody is left');


# ---- jobs ----

Civic::Process::background('an operator', sub {
    $civic->nginx->civicctl('job', 'run', 'turns.shared');
    POSIX::_exit(0);
});
wait_for('it to hold', 9, sub { gauge($civic, 'civic_turns_held') == 1 });
is((answers(20, line_up(take('j', what => 'take/shared', line => 5))))
    [0]{json}{taken}, OK, 'a request waits for a job');


# ---- a reload ----

@sent = send_all($civic, take('old1', ms => 3000));
wait_for('it to hold', 5, sub { gauge($civic, 'civic_turns_held') >= 1 });
push @sent, line_up(take('old2', ms => 100), take('old3', ms => 100));
forget_requests($up);
$civic->nginx->reload(seconds => 9);
is_deeply([ taken(answers(20, @sent)) ], [ OK, OK, OK ],
    'a worker that was told to quit finishes its line');
is_deeply([ grep { /^old/ } served() ], [ 'old2', 'old3' ], 'in order');
$civic->wait_ready;
is((answers(20, send_all($civic, take('new'))))[0]{json}{taken}, OK,
    'the new worker has lines of its own');

finish();
