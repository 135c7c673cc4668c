# Logging in with the electronic social-security card: an issuer, two nginx
# that it is asked from, a browser between them, and all that may go wrong on
# the way there and back.

use lib 't/lib';
use Civic::Test;
use Civic::Outbound;
use Civic::Sandbox;

use MIME::Base64 qw(decode_base64url encode_base64url);

my $form = 'application/x-www-form-urlencoded';
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $issuer = civic(plugins => [ $sandbox->plugin ]);
my $secret = $sandbox->path('card.secret');

open my $file, '>', $secret or die "$secret: $!";
print {$file} Civic::Sandbox::CARD_SECRET, "\n";
close $file or die "$secret: $!";

sub wait_for { return Civic::Process::wait_for(@_) }

# One fleet has one keyring.
sub relying {
    my (%more) = @_;

    my $civic = civic(start => 0, redis => $issuer->redis, workers => 2,
        plugins => [ join ' ', 'login', 'card_issuer='
            . Civic::Sandbox::ISSUER, 'card_client_id=civic',
            "card_client_secret=$secret",
            'card_redirect_uri=' . Civic::Sandbox::CALLBACK,
            $more{options} // () ],
        http => internal({ card => $more{port} || $issuer->nginx->port },
            folder => Civic::Process::folder())
            . 'civic_origin https://exam.example;',
        allow => qr/the card's issuer: /);

    system 'cp', '-p', $issuer->nginx->keyring, $civic->nginx->keyring;
    $civic->nginx->start;
    $civic->wait_ready;
    return $civic;
}

my $one = relying();
my $two = relying();
my @clients = map { $_->client } $one, $two;
my $there = $issuer->client;


# ---- the browser's way -------------------------------------------------------

sub begin {
    my ($client, %arg) = @_;
    my $answer = ($client || $clients[0])->post('/login/card', %arg);

    is($answer->{status}, 201, 'a login begins') || diag($answer->{content});
    return $answer->{json};
}

is($clients[0]->post('/login/card', json => {})->{status}, 201,
    'an empty object is no body');

# At the issuer: what the address has that the browser is sent back to.
sub at_issuer {
    my ($begun, %field) = @_;
    my ($query) = $begun->{authorization_url} =~ /(\?.*)/;
    my $page = $there->get("/sandbox/card/authorize$query");
    my ($login) = $page->{content} =~ /name="login" value="(\w+)"/;
    my %all = (login => $login, user => 'zhang', card_password => '123456',
        action => 'allow', %field);
    my $back = $there->post('/sandbox/card/authorize', type => $form,
        body => join '&', map { "$_=$all{$_}" } sort keys %all);
    my ($address) = ($back->{headers}{location} // '') =~ /\?(.*)/;
    my %told = map { s/%([0-9A-F]{2})/chr hex $1/ger }
        map { split /=/, $_, 2 } split /&/, $address // '';

    return \%told;
}

sub end {
    my ($client, $begun, $told, %more) = @_;

    return ($client || $clients[0])->post('/login/card/finish',
        json => { login => $begun->{login}, %$told, %more });
}

sub fault {
    my ($endpoint, $fault, %more) = @_;

    my $answer = $there->post('/sandbox/card/faults',
        json => { endpoint => $endpoint, fault => $fault, %more });

    return is($answer->{status}, 200, "planned: $fault of $endpoint")
        || diag($answer->{content});
}


# ---- from where --------------------------------------------------------------

is_problem($clients[0]->post('/login/card', headers => { 'Civic-Channel' =>
    'wechat' }), 403, 'channel_wechat', 'not from WeChat');


# ---- right -------------------------------------------------------------------

subtest('the first login' => sub {
    my $begun = begin();

    unlike($begun->{authorization_url}, qr/verifier/, 'the verifier stays');
    like($begun->{authorization_url}, qr/code_challenge_method=S256/,
        'PKCE');
    my $answer = end($clients[1], $begun, at_issuer($begun));
    my $json = $answer->{json};

    is($answer->{status}, 200, 'ends at the other nginx')
        || diag($answer->{content});
    is($json->{state}, 'citizen', 'as a person');
    ok($json->{must_set_password}, 'who has no password yet');
    is($json->{person}{id_number}, '6301**********9996', 'and is that one');
    is_problem($clients[0]->get('/login/profile', token => $json->{token}),
        403, 'password_required', 'which comes first');

    $answer = $clients[0]->put('/login/password', token => $json->{token},
        json => { new_password => 'Quite-Long-Enough-7' });
    is($answer->{status}, 200, 'it is set') || diag($answer->{content});
    $answer = $clients[1]->get('/login/profile',
        token => $answer->{json}{token});
    is($answer->{json}{id_number}, '6301**********9996', 'then all is open');
});

subtest('all methods lead to one person' => sub {
    my $by_password = $clients[0]->try_login('630105199003079996',
        'Quite-Long-Enough-7')->{json};
    my $begun = begin();
    my $by_card = end(undef, $begun, at_issuer($begun))->{json};

    is($by_password->{person}{id_number}, $by_card->{person}{id_number},
        'the card and the password');
    ok(!$by_card->{must_set_password}, 'with the password that is set');
});

subtest('a browser keeps it in cookies' => sub {
    my %browser = (headers => { Origin => 'https://exam.example',
        'Civic-Session' => 'cookie' });
    my $answer = $clients[0]->post('/login/card', %browser);

    is($answer->{json}{login}, undef, 'no script sees it');
    my ($cookie) = $answer->{headers}{'set-cookie'}
        =~ /^(__Host-civic_card=[^;]+); Path=\/; Max-Age=600; Secure; HttpOnly/;
    ok($cookie, 'a cookie') || diag($answer->{headers}{'set-cookie'});

    my $told = at_issuer($answer->{json});
    is_problem($clients[0]->post('/login/card/finish', json => $told,
        %browser), 422, 'card_login_expired', 'another browser');
    $browser{headers}{Cookie} = $cookie;
    $answer = $clients[0]->post('/login/card/finish', json => $told,
        %browser);
    is($answer->{status}, 200, 'this browser') || diag($answer->{content});
    is($answer->{json}{token}, undef, 'whose session is a cookie');
    my @set = ref $answer->{headers}{'set-cookie'}
        ? @{ $answer->{headers}{'set-cookie'} }
        : $answer->{headers}{'set-cookie'};
    is(scalar(grep { /^__Host-civic_card=; .*Max-Age=0;/ } @set), 1,
        'the trip is over');
});


# ---- wrong -------------------------------------------------------------------

subtest('what does not belong together' => sub {
    my ($mine, $other) = (begin(), begin());
    my $told = at_issuer($mine);

    is_problem(end(undef, $other, $told), 422, 'card_login_expired',
        'the state of another trip');
    is_problem(end(undef, $mine, $told, state => 'x' x 43), 422,
        'card_login_expired', 'a forged state');
    is_problem(end(undef, { login => 'A' x 200 }, $told), 422,
        'card_login_expired', 'a forged login');
    is_problem(end(undef, {}, { %$told, login => '' }), 422,
        'card_login_expired', 'none');
    is_problem(end(undef, $mine, { %$told, iss => 'https://evil.example' }),
        502, 'card_failed', 'another issuer');

    my $missing = $clients[0]->post('/login/card/finish', json => {});
    is_problem($missing, 422, 'invalid_fields', 'nothing at all');

    is(end(undef, $mine, $told)->{status}, 200,
        'none of which ended the trip');
    is_problem(end($clients[1], $mine, $told), 422, 'card_login_expired',
        'it does so once');
});

subtest('a code of another trip' => sub {
    my ($mine, $other) = (begin(), begin());
    my ($told, $theirs) = (at_issuer($mine), at_issuer($other));

    is_problem(end(undef, $mine, $told, code => $theirs->{code}), 502,
        'card_failed', 'PKCE tells');
    is_problem(end(undef, $mine, $told), 422, 'card_login_expired',
        'and the trip is over');
});

subtest('twice at once' => sub {
    my $begun = begin();
    my $told = at_issuer($begun);
    my @pids;
    my @files = map { Civic::Process::folder() . "/$_" } 0 .. 3;

    for my $i (0 .. 3) {
        my $pid = fork;
        if ($pid == 0) {
            my $client = ($one, $two)[$i % 2]->client;
            open my $out, '>', $files[$i] or POSIX::_exit(1);
            print {$out} end($client, $begun, $told)->{status};
            close $out;
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;
    my @statuses = map { open my $in, '<', $_; scalar <$in> // 0 } @files;
    is_deeply([ sort @statuses ], [ 200, 422, 422, 422 ], 'one gets in');
});

subtest('refused by the holder' => sub {
    my $begun = begin();

    is_problem(end(undef, $begun, at_issuer($begun, action => 'refuse')), 403,
        'card_refused', 'in so many words');
});


# ---- an issuer that is ill ---------------------------------------------------

for my $case (
    [ token => 'http_500', 503, 'card_unavailable' ],
    [ token => 'malformed', 502, 'card_failed' ],
    [ token => 'wrong_signature', 502, 'card_failed' ],
    [ token => 'unsigned_success', 502, 'card_failed' ],
    [ userinfo => 'http_500', 503, 'card_unavailable' ],
    [ userinfo => 'malformed', 502, 'card_failed' ],
) {
    my ($endpoint, $fault, $status, $code) = @$case;

    subtest("$endpoint: $fault" => sub {
        my $begun = begin();
        my $told = at_issuer($begun);

        fault($endpoint, $fault, count => 2);
        my $answer = end(undef, $begun, $told);
        is_problem($answer, $status, $code, 'told');
        is($answer->{json}{token}, undef, 'nothing is granted');
        fault($endpoint, $fault, count => 0);
        $begun = begin();
        is(end(undef, $begun, at_issuer($begun))->{status}, 200,
            'and a new login serves');
    });
}

subtest('a slow issuer holds nobody else' => sub {
    my $begun = begin();
    my $told = at_issuer($begun);

    fault(token => 'slow', count => 1, delay_ms => 1500);
    my $pid = fork;
    if ($pid == 0) {
        POSIX::_exit(end($one->client, $begun, $told)->{status} == 200
            ? 0 : 1);
    }
    my $slowest = 0;
    for (1 .. 20) {
        my $began = Time::HiRes::time();
        $clients[0]->get('/civic/live');
        my $took = Time::HiRes::time() - $began;
        $slowest = $took if $took > $slowest;
        select undef, undef, undef, 0.02;
    }
    cmp_ok($slowest, '<', 1.2, 'others go on');
    waitpid $pid, 0;
    is($?, 0, 'and the slow one comes in');
});

subtest('keys rotate' => sub {
    is($there->post('/sandbox/card/keys',
        json => { algorithm => 'RS256', forget => \1 })->{status}, 201,
        'a new key, and the old is gone');
    my $begun = begin();
    my $told = at_issuer($begun);
    my $answer = end(undef, $begun, $told);

    # its keys were fetched when this nginx first needed them
    if ($answer->{status} != 200) {
        is_problem($answer, 502, 'card_failed', 'asked a moment ago');
    }
    wait_for('the newer key', 15, sub {
        $begun = begin();
        end(undef, $begun, at_issuer($begun))->{status} == 200;
    });
    pass('is fetched once it is met');
});

subtest('nobody there' => sub {
    my $nowhere = relying(port => Civic::Process::port());

    is_problem($nowhere->client->post('/login/card'), 503,
        'card_unavailable', 'told at the beginning');
    $nowhere->nginx->stop;
});

subtest('the level of assurance is the administrator\'s' => sub {
    my $rules = $one->nginx->rules . '/login.lua';
    my $text = do { local (@ARGV, $/) = $rules; <> };

    $text =~ s/rules.card_levels = \{\}/rules.card_levels = { high = true }/;
    $text =~ s/(level = "" \}, output = \{ allow = )true/$1false,
        reason = "card_level"/;
    open my $out, '>', $rules or die "$rules: $!";
    print {$out} $text;
    close $out or die "$rules: $!";

    my $code = '';
    wait_for('the new rule', 10, sub {
        my $begun = begin();
        my $answer = end(undef, $begun, at_issuer($begun));
        $code = $answer->{json}{code} // '';
        return $answer->{status} != 200;
    });
    is($code, 'card_level', 'a card below it is refused');
});

my $off = civic(redis => $issuer->redis);
is_problem($off->client->post('/login/card'), 404, 'login_method_off',
    'a service without cards');

finish();
