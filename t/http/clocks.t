# Two clocks: the business one, which a sandbox may move, and the real one,
# which nobody moves; and a production that refuses both ways.

use lib 't/lib';
use Civic::Test;

Civic::Process::within_a_day(90);       # today is compared with today

my $civic = civic(plugins => [ 'login', 'hello' ], people => 1, workers => 2);
my $nginx = $civic->nginx;

my @each_worker = $civic->worker_clients;

sub greeting {
    my (%headers) = @_;

    return $civic->client->get('/hello/greeting', headers => \%headers)
        ->{json};
}

sub all_say {
    my ($pattern, $name) = @_;

    return ok(eval { Civic::Process::wait_for($name, 6, sub {
        return !grep { $_->get('/hello/greeting')->{json}{at} !~ $pattern }
            @each_worker;
    }) }, $name);
}

sub ctl {
    return ($nginx->civicctl('clock', @_))[ 0, 1 ];
}

# The same where it must work.
sub set_clock {
    my ($status, $said) = ctl(@_);

    return is($status, 0, "clock @_") || diag($said);
}


# ---- civicctl clock ----

my $real = greeting()->{at};
my ($status, $said) = ctl('set', '2026-03-09T08:30:00+08:00', '--hold');
is($status, 0, 'the clock is set') or diag($said);
all_say(qr/^2026-03-09T08:30:00\+08:00$/, 'every worker has it within 2 s');
is(greeting()->{greeting_en}, 'Good morning', 'and greets by it');
set_clock('set', '2026-03-09T19:00:00+08:00', '--hold');
all_say(qr/T19:00:00/, 'set again');
is(greeting()->{greeting}, "\x{665a}\x{4e0a}\x{597d}", 'good evening');
set_clock('set', '2031-01-01T12:00:00+08:00');
all_say(qr/^2031-01-01T12:0/, 'a clock that goes on');
my $before = greeting()->{at};
Civic::Process::wait_for('it to go', 5, sub { greeting()->{at} gt $before });
pass('it goes');
set_clock('set', '+2d');
all_say(qr/^2031-01-03T12:0/, 'two days on');

my $client = $civic->client;
my $token = $client->login(@{ $civic->person }{qw(id_number password)});
my $session = $client->get('/login/session', token => $token);
is($session->{status}, 200, 'sessions go by the real clock');
is(substr($session->{json}{created_at}, 0, 10), substr($real, 0, 10),
    'and begin today');

ctl('reset');
my $year = substr $real, 0, 4;
all_say(qr/^(?:$year|@{[ $year + 1 ]})-/, 'reset: it is this year again');
($status, $said) = ctl('set', 'some day');
is($status != 0, 1, 'nonsense is refused');
isnt(substr(greeting()->{at}, 0, 4), '1970', 'and changes nothing');


# ---- Civic-Now ----

my %then = ('Civic-Now' => '2026-03-09T13:00:00+08:00');
is(greeting(%then)->{at}, '2026-03-09T13:00:00+08:00', 'of one request');
is(greeting(%then)->{greeting_en}, 'Good afternoon', 'and its greeting');
is(greeting('Civic-Now' => '2026-03-09T05:00:00Z')->{at},
    '2026-03-09T13:00:00+08:00', 'in another zone');
isnt(greeting()->{at}, '2026-03-09T13:00:00+08:00', 'and not of the next');

is_problem($client->post('/hello/visits', headers => \%then), 400,
    'civic_now_refused', 'a write on another day is refused');
is($client->post('/hello/visits')->{status}, 201, 'a write is made');
is($client->get('/hello/visits', headers => \%then)->{json}{today}, 0,
    'but not on another day');
is($client->get('/hello/visits')->{json}{today}, 1, 'but today');
for my $nonsense ('yesterday', '2026-13-01T00:00:00Z', '0', '-1', 'x' x 500) {
    is_problem($client->get('/hello/greeting',
        headers => { 'Civic-Now' => $nonsense }), 400, 'civic_now_refused',
        'nonsense is refused');
}


# ---- production ----

my $store = $civic->redis;
$nginx->write_conf(environment => 'production');
$nginx->reload;

is(exists $client->post('/login/captchas', json => {})->{json}
    {sandbox_answer}, '', 'no answer beside a captcha');
is($client->get('/civic/status')->{json}{environment}, 'production',
    'the status says where one is');
($status, $said) = ctl('set', '2026-03-09T08:30:00+08:00');
is($status, 1, 'civicctl refuses') or diag($said);
like($said, qr/sandbox/, 'and says why');
is($store->command('EXISTS', 'civic:clock'), 0, 'nothing is written');
$store->command('HSET', 'civic:clock', 'fixed_ms', 1000);
sleep 2;
isnt(substr(greeting()->{at}, 0, 4), '1970', 'not even by Redis');
is_problem($client->get('/hello/greeting', headers => \%then), 400,
    'civic_now_refused', 'nor by a header');

finish();
