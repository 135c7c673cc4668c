# From the mini-program's code to a person: a visitor says who they are, a
# proof links the account, and every later login begins as the person.  The
# gateway is the sandbox'; two nginx stand on one Redis; a fixture says what
# a face would have proven.

use lib 't/lib';
use Civic::Test;
use Civic::Sandbox;

use JSON::PP ();
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical;
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @with = (plugins => [ 'login', 'civic', 'staff' ], fixtures => ['asker'],
    workers => 2, sandbox => ['user_identity=true'],
    allow => qr/nobody vouches for/);
my $one = civic($sandbox->with_alipay(@with), start => 0);
my $two = civic($sandbox->with_alipay(@with), start => 0,
    redis => $one->redis);
my $secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
my $token_method = 'alipay.system.oauth.token';

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->nginx->civicctl('staff', 'add', '--name', 'desk', '--roles', 'counter',
    '--password-stdin', '--totp-secret', $secret, \'Key-Cupboard-2026');
$_->nginx->start for $one, $two;
$_->wait_ready for $one, $two;

my @clients = map { $_->client } $one, $two;
my $client = $clients[0];
my ($zhang, $li) = Civic::Sandbox::people();
my $at = int(time * 1000);


# ---- the steps ---------------------------------------------------------------

sub code { return $sandbox->auth_code($client, @_) }

sub enter {
    my ($code, %arg) = @_;

    return ($arg{client} || $client)->post('/login/alipay',
        json => { auth_code => $code });
}

# A session: the answer's body.
sub come_in {
    my ($user, $state) = @_;
    my $answer = enter(code($user));

    is($answer->{status}, 200, "$user comes in") or diag($answer->{content});
    is($answer->{json}{state}, $state, "as a $state");
    return $answer->{json};
}

sub claim {
    my ($session, %body) = @_;

    return $client->put('/login/identity', token => $session->{token},
        json => \%body);
}

sub say_who {
    my ($session, $person) = @_;
    my $answer = claim($session, name => $person->{name},
        id_number => $person->{id_number});

    is($answer->{status}, 200, 'says who it is') or diag($answer->{content});
    return $answer->{json};
}

# What a plugin is told by a call of login's.
sub asked {
    my ($name, %in) = @_;
    my $answer = $client->post("/asker/calls/login.$name",
        body => $json->encode(\%in), type => 'application/json');

    return $answer->{json}{out} // $answer->{json};
}

# The pid of whose session that is.
sub pid_of {
    my ($session) = @_;
    my @found = grep { $one->redis->command('HLEN', $_) }
        $one->redis->keys('civic:*:account');
    my %mine = map { /\{p:([\w-]+)\}/ ? ($1 => 1) : () } @found;

    return \%mine;
}

# Runs what is asked for at once in processes of their own; what each said.
sub at_once {
    my (@todo) = @_;
    my @files = map { Civic::Process::folder() . "/$_" } 0 .. $#todo;
    my @pids;

    for my $i (0 .. $#todo) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            open my $out, '>', $files[$i] or POSIX::_exit(1);
            print {$out} eval { $todo[$i]->() } // "died: $@";
            close $out;
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;
    return map { open my $in, '<', $_; scalar <$in> // '' } @files;
}

sub new_client { return ($one, $two)[ $_[0] % 2 ]->client(unseen => 1) }


# ---- a code ------------------------------------------------------------------

my %aid;

subtest('the first time: a visitor' => sub {
    my $answer = enter(code('zhang'));

    is($answer->{status}, 200, 'in') or diag($answer->{content});
    is($answer->{json}{state}, 'visitor', 'nobody yet');
    is($answer->{json}{person}, undef, 'no person');
    ok(!$answer->{json}{must_set_password}, 'the password comes later');
    my $token = $answer->{json}{token};
    my $session = $client->get('/login/session', token => $token)->{json};
    is($session->{method}, 'alipay', 'the method');
    is_deeply($session->{roles}, ['visitor'], 'the role');
    is_problem($client->get('/login/profile', token => $token), 403,
        'forbidden', 'what citizens may, visitors may not');
    is_deeply($client->get('/login/identity', token => $token)->{json},
        { state => 'none' }, 'nothing is claimed');
    is_problem($client->post('/login/session', token => $token), 409,
        'not_proven_yet', 'and no session of a person');
    my @accounts = $one->redis->keys('civic:*:account');
    is(scalar @accounts, 1, 'one account');
    ($aid{zhang}) = $accounts[0] =~ /\{p:([\w-]+)\}/;
    my %account = @{ $one->redis->command('HGETALL', $accounts[0]) };
    is_deeply([ sort keys %account ], [qw(created_at provider subject)],
        'which knows little');
    unlike(join(' ', %account), qr/open-zhang/, 'and that sealed');
});

subtest('a code works once' => sub {
    my $code = code('zhang');

    is(enter($code)->{status}, 200, 'once');
    is_problem(enter($code), 422, 'auth_code_invalid', 'not twice');
    is_problem(enter($code, client => $clients[1]), 422, 'auth_code_invalid',
        'nor elsewhere');
    is_problem(enter('made-up'), 422, 'auth_code_invalid', 'nor made up');
    is_problem($client->post('/login/alipay', json => {}), 422,
        'invalid_fields', 'nor left out');
    is(scalar(@{ [ $one->redis->keys('civic:*:account') ] }), 1,
        'it is one account all the time');
});

subtest('nor at once, on four workers of two nginx' => sub {
    my $code = code('zhang');
    my @said = at_once(map { my $i = $_; sub {
        return enter($code, client => new_client($i))->{status} } } 0 .. 7);

    is_deeply([ sort @said ], [ 200, (422) x 7 ], 'one gets in');
});


# ---- the gateway is ill ------------------------------------------------------

sub sessions { return join ' ', sort $one->redis->keys('civic:*:sessions') }

# Its time runs out while the others are looked at.
$sandbox->fault($client, $token_method, 'timeout', count => 1);
my $late = code('li');
my $hangs = fork // die "fork: $!";
if ($hangs == 0) {
    my $answer = enter($late, client => new_client(0));

    POSIX::_exit($answer->{status} == 503
        && $answer->{json}{code} eq 'provider_unavailable' ? 0 : 1);
}
select undef, undef, undef, 0.5;

for my $fault (qw(code_20000 code_20000_done wrong_signature
    unsigned_success malformed http_500 error_40002 error_40006))
{
    subtest("the gateway: $fault" => sub {
        my $code = code('li');
        my $answer = $sandbox->fault($client, $token_method, $fault,
            count => 1);

        is($answer->{status}, 200, 'planned') or return diag(
            $answer->{content});
        my $before = sessions();
        $answer = enter($code);
        is_problem($answer, 503, 'provider_unavailable', 'it says so');
        is(sessions(), $before, 'nothing granted');
        $sandbox->fault($client, $token_method, $fault, count => 0);
        is(enter(code('li'))->{status}, 200, 'and a new code serves');
    });
}

subtest('a slow gateway holds nobody else' => sub {
    my $code = code('li');

    $sandbox->fault($client, $token_method, 'slow', count => 1,
        delay_ms => 1500);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        POSIX::_exit(enter($code, client => new_client(0))->{status} == 200
            ? 0 : 1);
    }
    my $slowest = 0;
    for (1 .. 20) {
        my $began = time;
        $client->get('/civic/live');
        $slowest = time - $began if time - $began > $slowest;
        select undef, undef, undef, 0.02;
    }
    cmp_ok($slowest, '<', 1.2, 'others go on');
    waitpid $pid, 0;
    is($?, 0, 'and the slow one comes in');
});


# ---- saying who one is -------------------------------------------------------

my $session = come_in('zhang', 'visitor');

subtest('all that is wrong, at once' => sub {
    my $answer = claim($session, name => '张*伟', id_number => '63010519900307');

    is_problem($answer, 422, 'invalid_fields', 'it is not taken');
    is_deeply(field_errors($answer), { '/name' => 'name_charset',
        '/id_number' => 'id_number_length' }, 'both are told');
    is_problem(claim($session, name => '', id_number => id_number(1)), 422,
        'invalid_fields', 'a name is needed');
});

subtest('a claim' => sub {
    my $said = say_who($session, $zhang);

    is($said->{state}, 'claimed', 'it is no more than that');
    is($said->{id_number}, '6301' . '*' x 10 . '9996', 'masked');
    is_deeply($client->get('/login/identity', token => $session->{token})
        ->{json}, $said, 'and can be read');
    my $told = asked('identity', pid => $aid{zhang});
    is($told->{state}, 'claimed', 'plugins are told');
    is($told->{name}, $zhang->{name}, 'the name');
    is($told->{id_number}, $zhang->{id_number}, 'the number');
    is($told->{proven_at}, undef, 'and that nobody has proven it');
    $aid{person} = $told->{person};
    like($aid{person}, qr/^[\w-]{22}$/, 'whose number it is');
});

subtest('whether a number is registered, nobody is told' => sub {
    my $visitor = come_in('li', 'visitor');

    $one->add_person(30);
    my @said = map { claim($visitor, name => '王五', id_number => $_) }
        id_number(30), id_number(31);
    is_deeply([ map { $_->{status} } @said ], [ 200, 200 ], 'both are taken');
    my @words = map { { %{ $_->{json} }, id_number => '' } } @said;
    is_deeply($words[0], $words[1], 'in the same words');
    for my $i (3 .. 10) {
        is(claim($visitor, name => '王五', id_number => id_number(40 + $i))
            ->{status}, 200, "claim $i");
    }
    is(claim($visitor, name => '王五', id_number => id_number(50))->{status},
        200, 'the same again is no change');
    my $answer = claim($visitor, name => '王五', id_number => id_number(31));
    is_problem($answer, 429, 'too_many_claims', 'ten a day');
    cmp_ok($answer->{json}{retry_after}, '>', 80_000, 'it says when');
});


# ---- proven ------------------------------------------------------------------

sub proven {
    my (%in) = @_;

    return asked('proven', pid => $aid{zhang}, person => $aid{person},
        how => 'face', recover => JSON::PP::false, at => $at, %in);
}

subtest('the link' => sub {
    is_deeply(proven(person => 'A' x 22), { refused => 'claim_changed' },
        'another person than is claimed');
    my @said = at_once(map { sub {
        return $json->encode(proven()) } } 0 .. 3);
    is_deeply([ map { $json->decode($_) } @said ], [ ({ linked =>
        JSON::PP::true, person => $aid{person}, recovered =>
        JSON::PP::false }) x 4 ], 'four times at once, it is the same');

    is_problem(claim($session, name => '王五', id_number => id_number(1)), 409,
        'already_proven', 'the claim is over');
    is_problem($client->put('/login/password', token => $session->{token},
        json => { old_password => 'x', new_password => 'Upper-Floor-2026' }),
        409, 'already_proven', 'the account\'s password, too');
    my $answer = $client->post('/login/session', token => $session->{token});
    is($answer->{status}, 200, 'a session of the person')
        or diag($answer->{content});
    is($answer->{json}{state}, 'citizen', 'at last');
    is($answer->{json}{person}{name}, "\x{5f20}*", 'who it is');
    ok($answer->{json}{must_set_password}, 'the password follows');
    is_problem($client->get('/login/session', token => $session->{token}),
        401, 'session_expired', 'the visitor\'s is over');
    my $token = $answer->{json}{token};
    is_problem($client->get('/login/profile', token => $token), 403,
        'password_required', 'first the password');
    $answer = $client->put('/login/password', token => $token,
        json => { new_password => 'Upper-Floor-2026' });
    is($answer->{status}, 200, 'is set') or diag($answer->{content});
    is($client->get('/login/profile', token => $answer->{json}{token})
        ->{status}, 200, 'and all is open');
    is($client->try_login($zhang->{id_number}, 'Upper-Floor-2026')->{status},
        200, 'the other way leads to the same person');
});

subtest('later logins' => sub {
    my $again = come_in('zhang', 'citizen');

    ok(!$again->{must_set_password}, 'nothing is asked again');
    is($client->get('/login/identity', token => $again->{token})
        ->{json}{state}, 'person', 'it is who it is');
    my $told = asked('identity', pid => $aid{person});
    is_deeply([ @$told{qw(state proven_at proven_by)} ],
        [ 'person', $at, 'face' ], 'plugins know how it was proven');
    is_deeply(asked('identity', pid => $aid{zhang}), $told,
        'also by the account');
});

subtest('in a browser' => sub {
    my $origin = 'https://exam.example';
    my $answer = $client->post('/login/alipay',
        json => { auth_code => code('zhang') },
        headers => { 'Civic-Session' => 'cookie', Origin => $origin });

    is_problem($answer, 403, 'origin_refused', 'a stranger\'s page');
});


# ---- somebody else had registered it -----------------------------------------

subtest('a recovery' => sub {
    my $victim = { name => $li->{name}, id_number => $li->{id_number},
        password => 'Not-The-Owner-2026' };

    $one->nginx->add_citizen({ %$victim, name => '冒名者' });
    my $thief = $client->try_login(@$victim{qw(id_number password)});
    is($thief->{status}, 200, 'a stranger uses the number');

    # the claims of today are used up
    $one->redis->command('HDEL', $_, 'claims')
        for grep { !/\Q$aid{zhang}\E/ } $one->redis->keys('civic:*:account');
    my $visitor = come_in('li', 'visitor');
    say_who($visitor, $li);
    my ($li_aid) = grep { $_ ne $aid{zhang} } keys %{ pid_of($visitor) };
    my $person = asked('identity', pid => $li_aid)->{person};
    my $said = asked('proven', pid => $li_aid, person => $person,
        how => 'face', recover => JSON::PP::false, at => $at + 1);
    is_deeply($said, { person => $person, linked => JSON::PP::true,
        recovered => JSON::PP::true }, 'the owner\'s face takes it back');

    is_problem($client->get('/login/session',
        token => $thief->{json}{token}), 401, 'session_expired',
        'the stranger is out');
    is_problem($client->try_login(@$victim{qw(id_number password)}), 401,
        'login_failed', 'and stays out');
    my $answer = $client->post('/login/session',
        token => $visitor->{token});
    is($answer->{json}{state}, 'citizen', 'the owner is in')
        or diag($answer->{content});
    ok($answer->{json}{must_set_password}, 'and sets a password');
    is($answer->{json}{person}{name}, "\x{674e}*\x{7ea2}",
        'the name is the one that was proven');
    $answer = $client->put('/login/password',
        token => $answer->{json}{token},
        json => { new_password => 'Upper-Floor-2026' });
    my $inbox = $client->get('/civic/messages',
        token => $answer->{json}{token})->{json};
    is_deeply([ map { $_->{kind} } @{ $inbox->{messages} } ],
        ['login.recovered'], 'a message tells it, once');
});


# ---- locked ------------------------------------------------------------------

sub staff_token {
    for my $key ($one->redis->keys('civic:*:staff')) {
        $one->redis->command('HDEL', $key, 'step');
    }
    my $code = $one->nginx->civicctl('staff', 'code', '--secret', $secret);
    chomp $code;
    return $client->post('/staff/sessions', json => { name => 'desk',
        password => 'Key-Cupboard-2026', totp => $code })->{json}{token};
}

subtest('a lock' => sub {
    my $token = staff_token();
    my $mine = come_in('zhang', 'citizen');
    my %number = (id_number => $zhang->{id_number});
    my $lock = sub {
        return $client->post("/login/locks$_[0]", token => $token,
            json => { @_[ 1 .. $#_ ] });
    };

    is_problem($client->post('/login/locks', token => $mine->{token},
        json => { %number, reason => 'other' }), 403, 'forbidden',
        'citizens lock nobody');
    is_problem($lock->('', id_number => id_number(60), reason => 'other'), 404,
        'not_found', 'nobody is there');
    is_problem($lock->('/lift', %number), 409, 'not_locked', 'nor a lock');
    is_problem($lock->('', %number, reason => 'why not'), 422,
        'invalid_fields', 'a reason of the list');
    my $answer = $lock->('', %number, reason => 'suspected_misuse');
    is($answer->{status}, 200, 'locked') or diag($answer->{content});

    is_problem($client->get('/login/session', token => $mine->{token}), 401,
        'session_expired', 'sessions are over');
    is_problem(enter(code('zhang')), 403, 'account_locked', 'not by Alipay');
    is_problem($client->try_login($zhang->{id_number}, 'Upper-Floor-2026'),
        403, 'account_locked', 'not by password');
    is_problem($client->try_login($zhang->{id_number}, 'wrong'), 401,
        'login_failed', 'strangers learn nothing of it');
    is_deeply(proven(), { refused => 'locked' }, 'nor by a face');

    is($lock->('/lift', %number)->{status}, 200, 'lifted');
    come_in('zhang', 'citizen');
});


# ---- the operator begins anew ------------------------------------------------

subtest('civicctl citizen add --replace' => sub {
    $one->nginx->civicctl('citizen', 'add', '--id-number',
        $zhang->{id_number}, '--name', $zhang->{name}, '--replace',
        '--password-stdin', \'Another-Floor-2026');
    come_in('zhang', 'visitor');
    is(asked('identity', pid => $aid{person})->{proven_at}, undef,
        'nobody has proven it any more');
    is($client->try_login($zhang->{id_number}, 'Another-Floor-2026')
        ->{status}, 200, 'and the password is the new one');
});


# ---- the one whose time ran out ----------------------------------------------

subtest('a gateway that does not answer' => sub {
    waitpid $hangs, 0;
    is($?, 0, 'it says so');
    is_problem(enter($late), 422, 'auth_code_invalid',
        'and the code may have been used');
});


# ---- what an app may be told -------------------------------------------------

subtest('an app that is told name and number' => sub {
    my $port = Civic::Process::port();
    my $three = civic($sandbox->with_alipay(@with, port => $port,
        alipay => ['user_info=true']), start => 0, redis => $one->redis);

    system 'cp', '-p', $one->nginx->keyring, $three->nginx->keyring;
    $one->redis->command('DEL', $_) for $one->redis->keys('civic:*:account');
    $three->nginx->start;
    $three->wait_ready;
    my $there = $three->client;
    my $answer = enter($sandbox->auth_code($there, 'zhang', 'auth_user'),
        client => $there);
    is($answer->{json}{state}, 'visitor', 'a visitor') or diag(
        $answer->{content});
    is($there->get('/login/identity', token => $answer->{json}{token})
        ->{json}{state}, 'claimed', 'who need not type');
    $answer = enter($sandbox->auth_code($there, 'li', 'auth_base'),
        client => $there);
    is($there->get('/login/identity', token => $answer->{json}{token})
        ->{json}{state}, 'none', 'unless the citizen did not allow it');
    $sandbox->fault($there, 'alipay.user.info.share', 'http_500');
    is(enter($sandbox->auth_code($there, 'li', 'auth_user'),
        client => $there)->{status}, 200, 'nothing depends on it');
});

finish();
