# A PC comes in by a QR code that a phone scans: the phone's session is one of
# the sandbox' Alipay.  Two nginx of two workers each stand on one Redis; a
# third has other rules: codes that live for four seconds, phones that logged
# in with a password.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(send_all answers wait_for);
use Civic::Sandbox;

use Time::HiRes qw(sleep time);

use constant OURS => 'https://exam.example.gov.cn';
use constant LIFE => 4;             # s, of the third; longer waits end early

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @with = (plugins => [ 'login', 'civic' ], workers => 2,
    sandbox => ['user_identity=true'],
    http => 'civic_origin ' . OURS . ';');
my $one = civic($sandbox->with_alipay(@with), start => 0, people => 1);
my @same = (start => 0, redis => $one->redis);
my $two = civic($sandbox->with_alipay(@with), @same);
my $short = civic(plugins => [ 'civic',
    'login "qr_url=http://127.0.0.1/phone?{ticket}"' ], @same);
my @all = ($one, $two, $short);

sub change_rules {
    my ($where, %change) = @_;
    my $path = $where->nginx->rules . '/login.lua';

    open my $in, '<:raw', $path or die "$path: $!";
    my $text = do { local $/; <$in> };
    for my $pattern (sort keys %change) {
        $text =~ s/$pattern/$change{$pattern}/ or die "no $pattern";
    }
    open my $out, '>:raw', $path or die "$path: $!";
    print {$out} $text;
    close $out;
    return;
}

change_rules($short, 'qr_life = 120' => 'qr_life = ' . LIFE,
    'qr_refresh_in = 115' => 'qr_refresh_in = 1',
    'life = 120, refresh_in = 115' => 'life = ' . LIFE . ', refresh_in = 1',
    'qr_methods = \{ alipay' => 'qr_methods = { password = true, alipay',
    '(?s)    \{ call = "ticket_phone", input = \{ method = "password" \}.*?\n\n'
        => "\n");
system 'cp', '-p', $one->nginx->keyring, $_->nginx->keyring for $two, $short;
$_->nginx->start for @all;
$_->wait_ready for @all;

my ($here, $there, $brief) = map { $_->client } @all;
my @secrets;


# ---- the steps ----

sub begin {
    my ($client, %arg) = @_;
    my $answer = $client->post('/login/qr-tickets', json => {}, %arg);

    is($answer->{status}, 201, 'a ticket') or diag($answer->{content});
    push @secrets, grep { defined } @{ $answer->{json} }{qw(ticket secret)};
    return $answer->{json};
}

sub own {
    my ($begun, %more) = @_;

    return { ticket => $begun->{ticket}, secret => $begun->{secret}, %more };
}

sub step {
    my ($client, $step, $token, $body) = @_;

    return $client->post("/login/qr-tickets/$step", json => $body,
        (defined $token ? (token => $token) : ()));
}

sub scan {
    my ($client, $token, $begun) = @_;

    return step($client, 'scan', $token, { ticket => $begun->{ticket} });
}

my %consent = (version => 1, language => 'zh', flags => {},
    method => 'tick_and_button', channel => 'alipay');

sub confirm {
    my ($client, $token, $begun, %more) = @_;

    return step($client, 'confirm', $token, { ticket => $begun->{ticket},
        number => $begun->{number}, consent => \%consent, %more });
}

sub refuse {
    my ($client, $token, $begun) = @_;

    return step($client, 'refuse', $token, { ticket => $begun->{ticket} });
}

sub redeem {
    my ($client, $begun) = @_;

    return step($client, 'redeem', undef, own($begun));
}

sub state_of {
    my ($client, $begun, $known) = @_;

    return step($client, 'wait', undef, own($begun, state => $known // 'new'))
        ->{json}{state};
}

# A phone that logged in with Alipay: its token.
sub phone {
    my ($user) = @_;
    my $answer = $here->post('/login/alipay',
        json => { auth_code => $sandbox->auth_code($here, $user) });

    is($answer->{status}, 200, "$user has a phone")
        or diag($answer->{content});
    return $answer->{json}{token};
}

sub confirmed {
    my ($phone) = @_;
    my $begun = begin($here);

    is(scan($there, $phone, $begun)->{status}, 200, 'scanned');
    is(confirm($here, $phone, $begun)->{status}, 200, 'confirmed');
    return $begun;
}

my ($zhang, $li) = map { phone($_) } qw(zhang li);


# ---- the whole way, over two machines ----

my $begun = begin($here, headers => { 'User-Agent' => 'Mozilla/5.0 (X11; '
    . 'Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' });
like($begun->{url}, qr{^https://ds\.alipay\.com/\?scheme=alipays%3A%2F%2F
    .*ticket%253D\Q$begun->{ticket}\E$}x, 'what the code holds');
like($begun->{qr_png}, qr{^data:image/png;base64,iVBOR}, 'and its picture');

my ($waiter) = send_all($one, [ 'POST', '/login/qr-tickets/wait',
    own($begun, state => 'new') ]);
sleep 0.1;
my $answer = scan($there, $zhang, $begun);
is($answer->{status}, 200, 'scanned at the other machine');
is_deeply({ %{ $answer->{json} }, begun_at => 1, expires_at => 1 },
    { begun_at => 1, expires_at => 1, place => '127.0.0.0/24',
        browser => 'Firefox 128, Linux', number_length => 2,
        authorised => JSON::PP::false() }, 'the phone is told where');
my ($told) = answers(15, $waiter);
is($told->{json}{state}, 'scanned', 'and the PC is told');
cmp_ok($told->{seconds}, '<', 6, 'at once');

($waiter) = send_all($one, [ 'POST', '/login/qr-tickets/wait',
    own($begun, state => 'scanned') ]);
is_problem(redeem($here, $begun), 409, 'ticket_not_confirmed', 'not yet');
my $unasked = step($there, 'confirm', $zhang, { ticket => $begun->{ticket},
    number => $begun->{number} });
is_problem($unasked, 403, 'consent_required', '授权 is needed');
is($unasked->{json}{purpose}, 'identity', 'by name');
is_problem(confirm($there, $zhang, $begun, consent => { %consent,
    version => 77 }), 403, 'consent_required', 'to the text in force');
is(confirm($there, $zhang, $begun)->{status}, 200, '确认登录, 授权');
is((answers(15, $waiter))[0]{json}{state}, 'confirmed', 'the PC is told');
ok(scan($here, $zhang, begin($there))->{json}{authorised},
    'who has consented is not asked again');

$answer = redeem($here, $begun);
is($answer->{status}, 200, 'the PC comes in') or diag($answer->{content});
is($answer->{json}{state}, 'visitor', 'as the account');
my $token = $answer->{json}{token};
push @secrets, $token;
is($there->get('/login/session', token => $token)->{json}{method},
    'alipay_qr', 'a session like any other');
is_problem(redeem($there, $begun), 409, 'ticket_used', 'once');
is(confirm($here, $zhang, $begun)->{status}, 200,
    'the phone may ask again whether it has confirmed');
is_problem(refuse($here, $zhang, $begun), 409, 'ticket_used',
    'too late to refuse');


# ---- who may ----

$begun = begin($here);
my $other = begin($there);
my %stolen = (ticket => $begun->{ticket}, secret => $other->{secret});
is_problem(confirm($here, $zhang, $begun), 409, 'ticket_not_scanned',
    'nobody has scanned it');
is(scan($here, $zhang, $begun)->{status}, 200, 'scanned');
is(scan($there, $zhang, $begun)->{status}, 200, 'and again');
is_problem(scan($there, $li, $begun), 409, 'ticket_taken',
    'by somebody else');
is_problem(scan($there, phone('zhang'), $begun), 409, 'ticket_taken',
    'by another session of the same');
is_problem(confirm($there, $li, $begun), 409, 'ticket_taken',
    'somebody else confirms');
is_problem(refuse($there, $li, $begun), 409, 'ticket_taken',
    'somebody else refuses');
is(confirm($there, $zhang, $begun)->{status}, 200, 'confirmed');
is_problem(redeem($there, \%stolen), 404, 'ticket_unknown',
    'another PC with that ticket');
is_problem(step($there, 'redeem', undef, { ticket => $begun->{ticket} }),
    404, 'ticket_unknown', 'and without any secret');
is_problem(step($there, 'wait', undef, { %stolen, state => 'new' }), 404,
    'ticket_unknown', 'nor is it told anything');
is(redeem($there, $begun)->{status}, 200, 'the right one comes in');

my $forged = { ticket => 'A' x 22, secret => 'A' x 22, number => '11' };
is_problem($_, 404, 'ticket_unknown', 'forged')
    for scan($here, $zhang, $forged), confirm($here, $zhang, $forged),
        refuse($here, $zhang, $forged), redeem($here, $forged);
my $citizen = $here->login(@{ $one->person }{qw(id_number password)});
is_problem(scan($here, $citizen, begin($here)), 403, 'ticket_method_refused',
    'a phone that came with a password');


# ---- numbers, refusals ----

$begun = begin($here);
scan($here, $zhang, $begun);
my $wrong = sprintf '%02d', ("$begun->{number}" + 1) % 100;
for my $left (2, 1) {
    $answer = confirm($left % 2 ? $here : $there, $zhang, $begun,
        number => $wrong);
    is_problem($answer, 422, 'number_wrong', 'a wrong number');
    like($answer->{json}{detail}, qr/还可以再试${left}次/, "$left are left");
}
is_problem(confirm($there, $zhang, $begun, number => $wrong), 409,
    'ticket_number_exhausted', 'the third ends it');
is_problem(confirm($here, $zhang, $begun), 409, 'ticket_number_exhausted',
    'then the right one comes too late');
is(state_of($there, $begun), 'refused', 'and the PC knows');

$begun = begin($here);
scan($here, $zhang, $begun);
is(refuse($there, $zhang, $begun)->{json}{state}, 'refused', 'refused');
is_problem(confirm($here, $zhang, $begun), 409, 'ticket_refused',
    'confirmed afterwards');
is_problem(redeem($here, $begun), 409, 'ticket_refused', 'and redeemed');


# ---- at once, from two workers of two machines ----

sub sessions {
    my $redis = $one->redis;
    my $sum = 0;

    $sum += $redis->command('HLEN', $_) for $redis->keys('civic:*:sessions');
    return $sum;
}

sub all_at_once {
    my ($name, $begun) = @_;
    my $before = sessions();
    my @request = ('POST', '/login/qr-tickets/redeem', own($begun));
    my @sent = map { send_all($_, ([@request]) x 6) } $one, $two;
    my @answers = answers(15, @sent);
    my @tokens = grep { defined } map { $_->{json}{token} } @answers;

    is(@tokens, 1, "$name: one comes in");
    is(sessions() - $before, 1, "$name: and no other session begins");
    is((grep { ($_->{json}{code} // '') eq 'ticket_used' } @answers), 11,
        "$name: and the others are told");
    is($here->get('/login/session', token => $tokens[0])->{status}, 200,
        "$name: with a session") if @tokens;
    return;
}

all_at_once("round $_", confirmed($zhang)) for 1 .. 3;

$begun = begin($here);
my @answers = answers(15, map { my $phone = $_; send_all($one,
    ([ 'POST', '/login/qr-tickets/scan', { ticket => $begun->{ticket} },
        $phone ]) x 4) } $zhang, $li);
my %by = map { $_ => scalar grep { $_->{status} == 200 }
    @answers[ $_ * 4 .. $_ * 4 + 3 ] } 0, 1;
is_deeply([ sort values %by ], [ 0, 4 ], 'two phones at once: one has it');


# ---- what changed meanwhile ----

my $leaving = phone('zhang');
$begun = begin($here);
scan($here, $leaving, $begun);
is($there->delete('/login/session', token => $leaving)->{status}, 204,
    'the phone logs out');
is_problem(confirm($here, $leaving, $begun), 401, 'session_expired',
    'and cannot confirm any more');
is_problem(confirm($here, $zhang, $begun), 409, 'ticket_taken',
    'nor can another session');

# the citizen, by the third's rules, which take a password
sub citizens_ticket {
    my $begun = begin($brief);

    is(scan($brief, $citizen, $begun)->{status}, 200, 'a citizen scans');
    is(confirm($brief, $citizen, $begun)->{status}, 200, 'and confirms');
    return $begun;
}

$begun = citizens_ticket();
$answer = redeem($brief, $begun);
is($answer->{json}{state}, 'citizen', 'the PC comes in as the citizen');
like($answer->{json}{person}{name}, qr/\*/, 'whose name is masked');

my ($person) = grep { $one->redis->command('HEXISTS', $_, 'password') }
    $one->redis->keys('civic:*:person');
$begun = citizens_ticket();
$one->redis->command('HSET', $person, 'locked', '1 lost');
is_problem(redeem($brief, $begun), 403, 'account_locked', 'locked meanwhile');
$one->redis->command('HDEL', $person, 'locked');
is(redeem($brief, $begun)->{status}, 200, 'and not any more');

$begun = citizens_ticket();
is($brief->delete('/civic/consents/identity', token => $citizen)->{status},
    200, 'the consent is taken back');
is_problem(redeem($brief, $begun), 403, 'consent_required',
    'and nobody comes in by it');


# ---- time, and a notification that is lost ----

like(begin($brief)->{url}, qr{^http://127\.0\.0\.1/phone\?[\w-]{22}$},
    'another address, by the option');
my ($new, $seen, $sure, $silent) = map { begin($brief) } 1 .. 4;
scan($brief, $zhang, $_) for $seen, $sure;
confirm($brief, $zhang, $sure);
my @waiting = send_all($short, map { [ 'POST', '/login/qr-tickets/wait',
    own($_, state => 'new') ] } $new, $silent);
sleep 0.3;
$one->redis->command('HSET', "civic:{q:$silent->{ticket}}:ticket", 'state',
    'refused');
@answers = answers(LIFE + 15, @waiting);
is($answers[0]{json}{state}, 'expired', 'the PC is told when it is over');
is($answers[1]{json}{state}, 'refused',
    'what no notification told is seen at the next look');
cmp_ok($answers[1]{seconds}, '>', 1, 'which was then');

is_problem($_->[1], 410, 'ticket_expired', $_->[0]) for
    [ 'new, scanned', scan($brief, $zhang, $new) ],
    [ 'scanned, confirmed', confirm($brief, $zhang, $seen) ],
    [ 'scanned, refused', refuse($brief, $zhang, $seen) ],
    [ 'confirmed, redeemed', redeem($brief, $sure) ],
    [ 'confirmed, refused', refuse($brief, $zhang, $sure) ];
is(state_of($brief, $sure), 'expired', 'expired it is');


# ---- Redis is gone in the middle ----

sub without_redis {
    my ($what) = @_;
    my $redis = $one->redis;
    my @nodes = 0 .. $redis->nodes - 1;

    $redis->pause($_) for @nodes;
    my @answers = eval { $what->() };
    my $failed = $@;
    $redis->resume($_) for @nodes;
    die $failed if $failed;
    $_->wait_ready for $one, $two;
    return @answers;
}

# Until the answer is no bad day's any more.
sub until_well {
    my ($ask) = @_;
    my $answer;

    wait_for('redis', 10, sub {
        $answer = $ask->();
        sleep 0.05;
        return $answer->{status} != 503;
    });
    return $answer;
}

$begun = begin($here);
scan($here, $zhang, $begun);
($waiter) = send_all($two, [ 'POST', '/login/qr-tickets/wait',
    own($begun, state => 'scanned') ]);
sleep 0.1;
@answers = without_redis(sub { confirm($here, $zhang, $begun) });
is($answers[0]{status}, 503, 'the phone is told that it is not known');
is(until_well(sub { confirm($here, $zhang, $begun) })->{status}, 200,
    'asks again, and has confirmed');
($told) = answers(30, $waiter);
is($told->{status} == 200 ? $told->{json}{state} : state_of($there, $begun,
    'scanned'), 'confirmed', 'the PC comes to know');
@answers = without_redis(sub { redeem($here, $begun) });
is($answers[0]{status}, 503, 'the PC is told, too');
ok(!exists $answers[0]{json}{token}, 'and is given nothing');
$answer = until_well(sub { redeem($here, $begun) });
ok($answer->{status} == 200 || $answer->{json}{code} eq 'ticket_used',
    'then it comes in, or has to begin again') or diag($answer->{content});


# ---- a browser's cookies ----

sub browse {
    my ($client, $path, $cookie, $body) = @_;

    return $client->post("/login/qr-tickets$path", json => $body,
        headers => { 'Civic-Session' => 'cookie', Origin => OURS,
            ($cookie ? (Cookie => $cookie) : ()) });
}

sub cookies {
    my ($answer) = @_;
    my $lines = $answer->{headers}{'set-cookie'} // [];

    return map { /^([^=]+)=([^;]*)(.*)/ ? ($1 => [ $2, $3 ]) : () }
        ref $lines ? @$lines : $lines;
}

$answer = browse($here, '', undef, {});
$begun = $answer->{json};
my $name = "__Host-civic_ticket_$begun->{ticket}";
my %cookies = cookies($answer);
ok(!exists $begun->{secret}, 'a page is told no secret');
like($cookies{$name}[1], qr/^; Path=\/; Max-Age=720; Secure; HttpOnly; /,
    'a cookie has it');
my $cookie = "$name=$cookies{$name}[0]";
push @secrets, $cookies{$name}[0];
scan($there, $zhang, $begun);
confirm($there, $zhang, $begun);
my %body = (ticket => $begun->{ticket});
is(browse($there, '/wait', $cookie, { %body, state => 'new' })->{json}{state},
    'confirmed', 'the cookie is the secret');
is_problem(browse($there, '/redeem', undef, \%body), 404, 'ticket_unknown',
    'another browser');
$answer = browse($there, '/redeem', $cookie, \%body);
is($answer->{status}, 200, 'the page comes in');
ok(!exists $answer->{json}{token}, 'by cookies');
%cookies = cookies($answer);
like($cookies{$name}[1], qr/Max-Age=0/, 'the secret is taken away');
is($here->get('/login/session', headers => { Cookie =>
    "__Host-civic_session=$cookies{'__Host-civic_session'}[0]" })
    ->{json}{method}, 'alipay_qr', 'the session is there');
is_problem($here->post('/login/qr-tickets', json => {}, headers => {
    'Civic-Session' => 'cookie', Origin => 'https://evil.example' }), 403,
    'origin_refused', 'not for a stranger\'s page');


# ---- nothing of it in a log ----

for my $civic (@all) {
    my $text = $civic->nginx->log_text;

    open my $file, '<', $civic->nginx->folder . '/access.log' or die $!;
    $text .= do { local $/; <$file> };
    is((grep { index($text, $_) >= 0 } @secrets), 0,
        'no ticket, secret or token in a log');
}

finish();
