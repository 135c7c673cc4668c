# What comes next, for who has logged in: on two nginx and one store, by
# account, on the phone and on the PC, from nobody to 本次考试.

use lib 't/lib';
use Civic::Test;
use Civic::Sandbox;

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @with = (plugins => [ 'login', 'civic', 'face_auth' ], workers => 2);
my $one = civic($sandbox->with_alipay(@with), start => 0, people => 1);
my $two = civic($sandbox->with_alipay(@with), start => 0,
    redis => $one->redis);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$_->nginx->start for $one, $two;
$_->wait_ready for $one, $two;

my @clients = map { $_->client } $one, $two;
my $turn = 0;
my ($zhang, $li) = Civic::Sandbox::people();

# Either nginx, in turn.
sub client { return $clients[ $turn++ % 2 ] }

sub look {
    my ($token, $channel) = @_;
    my $answer = client()->get('/login/onboarding'
        . ($channel ? "?channel=$channel" : ''), token => $token);

    is($answer->{status}, 200, 'what comes next') or diag($answer->{content});
    return $answer->{json};
}

# "login:done ..." and what is next.
sub at_step {
    my ($token, $next, $steps, $name) = @_;
    my $plan = look($token);

    is($plan->{next}, $next, $name);
    is(join(' ', map { "$_->{name}:$_->{state}" } @{ $plan->{steps} }),
        $steps, '... of all steps');
    is(!!$plan->{complete}, $next eq 'exam', '... complete or not');
    return $plan;
}

sub does {
    my ($name, $method, $path, $token, $json) = @_;
    my $answer = client()->request($method, $path, token => $token,
        ($json ? (json => $json) : ()),
        headers => { 'Idempotency-Key' => 'key' . $turn });

    like($answer->{status}, qr/^20[014]$/, $name) or diag($answer->{content});
    return $answer->{json};
}

sub consents_to {
    my ($token, $purpose) = @_;
    my $text = client()->get("/civic/consents/texts/$purpose")->{json};

    return does("consents to $purpose", POST => '/civic/consents', $token, {
        purpose => $purpose, method => 'tick_and_button', channel => 'alipay',
        flags => { map { $_ => JSON::PP::true() } @{ $text->{flags} } },
        map { $_ => $text->{$_} } qw(version digest language) });
}

sub shows_face {
    my ($token) = @_;
    my $begun = does('begins with the face', POST => '/face-auth/attempts',
        $token, { purpose => 'identity' });

    $sandbox->decide(client(), $begun->{certify_id}, result => 'pass');
    return does('身份认证完成', POST =>
        "/face-auth/attempts/$begun->{attempt_id}/result", $token);
}


# ---- by account ----

subtest('by account' => sub {
    my $person = $one->person;
    my $token = client()->login(@$person{qw(id_number password)});
    my $steps = 'login:done authorise:done password:done identity:done '
        . 'face:next verified:later exam:later';
    my $plan = at_step($token, 'face', $steps, 'imported, and never proven');

    is($plan->{channel}, 'pc', 'on the PC');
    is($plan->{method}, 'password', 'by password');
    is_deeply([ sort keys %{ $plan->{service} } ],
        [qw(hours mini_program name telephone)], 'whose service it is');

    my $list = client()->get('/civic/consents', token => $token)
        ->{json}{consents};
    is(scalar @$list, 1, '系统自动完成身份授权操作');
    is($list->[0]{purpose}, 'identity', 'which is a consent');
    at_step($token, 'face', $steps, 'a second time');
    is(scalar @{ client()->get('/civic/consents', token => $token)
        ->{json}{consents} }, 1, 'changes nothing');

    does('withdrawn', DELETE => '/civic/consents/identity', $token);
    at_step($token, 'authorise', 'login:done authorise:next password:done '
        . 'identity:done face:later verified:later exam:later',
        'it does not come back by itself');
    is_deeply([ map { $_->{status} } @{ client()->get('/civic/consents',
        token => $token)->{json}{consents} } ], ['withdrawn'], 'indeed');
    consents_to($token, 'identity');
    at_step($token, 'face', $steps, 'but when it is given');

    my $english = client()->get('/login/onboarding', token => $token,
        headers => { 'Accept-Language' => 'en' })->{json};
    is($english->{steps}[0]{title}, 'Log in', 'in English');
    is_problem(client()->get('/login/onboarding?channel=tv',
        token => $token), 422, 'invalid_fields', 'no such channel');
});


# ---- on the phone ----

sub comes_in {
    my ($user, $state) = @_;
    my $session = does("$user comes in", POST => '/login/alipay', undef,
        { auth_code => $sandbox->auth_code($clients[0], $user) });

    is($session->{state}, $state, "as a $state");
    return $session->{token};
}

subtest('on the phone' => sub {
    my $token = comes_in('zhang', 'visitor');

    is(look($token)->{channel}, 'phone', 'it is the phone');
    at_step($token, 'authorise', 'enter:done authorise:next identity:later '
        . 'face:later password:later verified:later exam:later',
        'somebody new');
    consents_to($token, 'identity');
    is(look($token)->{next}, 'identity', 'then who they are');
    does('says it', PUT => '/login/identity', $token,
        { name => $zhang->{name}, id_number => $zhang->{id_number} });
    is(look($token)->{next}, 'face', 'then the face');
    consents_to($token, 'face');
    my $result = shows_face($token);
    is($result->{state}, 'passed', 'which passes');
    ok($result->{exchange}, 'and asks for another session');

    my $plan = at_step($token, 'password', 'enter:done authorise:done '
        . 'identity:skipped face:skipped password:next verified:later '
        . 'exam:later', 'on the phone the password follows the face');
    ok($plan->{exchange}, 'the session is to be exchanged');
    my $citizen = does('exchanged', POST => '/login/session', $token);
    $token = $citizen->{token};
    $plan = look($token);
    ok(!$plan->{exchange}, 'once');
    is($plan->{next}, 'password', 'the password is still next');
    $token = does('set', PUT => '/login/password', $token,
        { new_password => 'Qinghai-Lake-2026' })->{token};
    $plan = look($token);
    ok($plan->{complete}, 'all is done');
    is($plan->{next}, 'exam', '本次考试');
    is($plan->{steps}[-1]{title}, "\x{672c}\x{6b21}\x{8003}\x{8bd5}",
        'in the words of the notice');

    ok(look(comes_in('zhang', 'citizen'))->{complete},
        'who comes again is there at once');
    ok(look(client()->login($zhang->{id_number}, 'Qinghai-Lake-2026'))
        ->{complete}, 'by account, too');
});


# ---- on the PC ----

subtest('on the PC, by QR code' => sub {
    my $phone = comes_in('li', 'visitor');
    my $code = does('a code', POST => '/login/qr-tickets', undef, {});
    my $text = client()->get('/civic/consents/texts/identity')->{json};
    my $seen = does('scanned', POST => '/login/qr-tickets/scan', $phone,
        { ticket => $code->{ticket} });

    ok(!$seen->{authorised}, 'the phone asks for 授权');
    does('确认登录, 授权', POST => '/login/qr-tickets/confirm', $phone,
        { ticket => $code->{ticket}, number => $code->{number},
            consent => { flags => {},
                method => 'tick_and_button',
                map { $_ => $text->{$_} } qw(version language) } });
    my $session = does('in', POST => '/login/qr-tickets/redeem', undef,
        { ticket => $code->{ticket}, secret => $code->{secret} });
    my $token = $session->{token};

    ok($session->{must_set_password}, 'on the PC the password comes first');
    at_step($token, 'password', 'login:done authorise:done password:next '
        . 'identity:later face:later verified:later exam:later',
        'nothing is asked twice');
    $token = does('set', PUT => '/login/password', $token,
        { new_password => 'Haixi-Salt-Lake-7' })->{token};
    is(look($token)->{next}, 'identity', 'then who they are');
    does('says it', PUT => '/login/identity', $token,
        { name => $li->{name}, id_number => $li->{id_number} });
    consents_to($token, 'face');
    ok(shows_face($token)->{exchange}, 'the face, on the phone');
    $token = does('exchanged', POST => '/login/session', $token)->{token};
    my $plan = look($token);
    ok($plan->{complete}, 'all is done') or diag(explain($plan));
    is($plan->{channel}, 'pc', 'on the PC');
});

finish();
