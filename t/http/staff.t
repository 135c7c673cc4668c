# Staff: the first administrator by civicctl, the first login, accounts,
# roles, codes that work once, and an end to all sessions at once.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => [ 'login', 'staff' ], workers => 2, start => 0);
my $nginx = $civic->nginx;
my $redis = $civic->redis;
my $client = $civic->client;

my %secret = (
    boss => 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    desk => 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U',
);

# The present code of a secret.
sub code {
    my ($secret) = @_;
    my $code = $nginx->civicctl('staff', 'code', '--secret', $secret);

    chomp $code;
    return $code;
}

# Codes work once: a test that logs in again forgets that it did.
sub forget_steps {
    for my $key ($redis->keys('civic:*:staff')) {
        $redis->command('HDEL', $key, 'step');
    }
    return;
}

sub attempt {
    my ($name, $password, $code, %arg) = @_;

    return $client->post('/staff/sessions', %arg, json => {
        name => $name, password => $password,
        (defined $code ? (totp => $code) : ()) });
}

sub token {
    my ($name, $password, $secret) = @_;

    forget_steps();
    my $answer = attempt($name, $password, code($secret));
    is($answer->{status}, 200, "$name is in") or diag($answer->{content});
    return $answer->{json}{token};
}

sub create {
    my ($token, $key, %fields) = @_;

    return $client->post('/staff/accounts', token => $token,
        headers => { 'Idempotency-Key' => $key }, json => \%fields);
}

sub change {
    my ($token, $name, %fields) = @_;

    return $client->request('PATCH', "/staff/accounts/$name",
        token => $token, json => \%fields);
}


# ---- civicctl ----

my $said = $nginx->civicctl('staff', 'add', '--name', 'First.One', '--roles',
    'administrator');
my ($initial) = $said =~ /^initial password: (\S{16})$/m;
ok($initial, 'the first administrator, with an initial password')
    or diag($said);
$nginx->civicctl('staff', 'add', '--name', 'boss', '--roles',
    'administrator', '--password-stdin', '--totp-secret', $secret{boss},
    \'Key-Cupboard-2026');
$nginx->civicctl('staff', 'add', '--name', 'desk', '--roles',
    'reviewer,office', '--password-stdin', '--totp-secret', $secret{desk},
    \"Upper-Floor-2026\n");

for my $case ([ 'a name twice', 1, qr/already/, 'add', '--name', 'BOSS',
        '--roles', 'door' ],
    [ 'no name', 1, qr/letters/, 'add', '--name', 'a b', '--roles', 'door' ],
    [ 'no role', 1, qr/roles are/, 'add', '--name', 'ab', '--roles',
        'citizen' ],
    [ 'a stranger', 1, qr/no account/, 'disable', '--name', 'nobody' ],
    [ 'no base32', 1, qr/base32/, 'code', '--secret', 'M1' ],
    [ 'nothing', 2, qr/usage/, 'add' ], [ 'else', 2, qr/usage/, 'dance' ])
{
    my ($name, $status, $words, @argv) = @$case;
    my ($is, $text) = $nginx->civicctl('staff', @argv);

    is($is, $status, "civicctl: $name");
    like($text, $words, 'and says so');
}
like($nginx->civicctl('staff', 'list'),
    qr/^first\.one +to be set up .*\nboss +active .*\ndesk +active +- +reviewer,office$/m,
    'civicctl: the list');

$nginx->start;
$civic->wait_ready;


# ---- the first login ----

my $first = attempt('first.one', $initial);
is($first->{status}, 200, 'an initial password enters without a code');
ok($first->{json}{must_set_password} && $first->{json}{must_set_totp},
    'both must be set');
my $limited = $first->{json}{token};
is_problem($client->get('/staff/accounts', token => $limited), 403,
    'password_required', 'until then nothing else works');
is($client->get('/staff/session', token => $limited)->{json}{name},
    'first.one', 'but to see who one is');

my $begun = $client->post('/staff/totp', token => $limited,
    json => { password => $initial });
like($begun->{json}{uri}, qr{^otpauth://totp/Civic:first\.one\?secret=},
    'a secret for the authenticator');
$secret{first} = $begun->{json}{secret};
is_problem($client->put('/staff/totp', token => $limited,
    json => { totp => '000000' }), 422, 'totp_wrong', 'a wrong code');
my $confirmed = $client->put('/staff/totp', token => $limited,
    json => { totp => code($secret{first}) });
is($confirmed->{status}, 200, 'the right one') or diag($confirmed->{content});
ok(!$confirmed->{json}{log_in_again}, 'the password is still missing');

my $weak = $client->put('/staff/password', token => $limited,
    json => { old_password => $initial, new_password => 'First.one-1' });
is_deeply([ map { $_->{code} } @{ $weak->{json}{errors} } ],
    [ 'password_too_short', 'password_personal' ], 'a weak password');
my $set = $client->put('/staff/password', token => $limited,
    json => { old_password => $initial, new_password => 'Brand-New-Key-1' });
ok($set->{json}{log_in_again}, 'both are set: log in again')
    or diag($set->{content});
is_problem($client->get('/staff/session', token => $limited), 401,
    'session_expired', 'the limited session is over');
is_problem(attempt('first.one', 'Brand-New-Key-1'), 401,
    'staff_login_failed', 'now a code is needed');
my $token = token('first.one', 'Brand-New-Key-1', $secret{first});
is($client->get('/staff/accounts', token => $token)->{json}{total}, 3,
    'and all works');


# ---- a code works once ----

forget_steps();
my $code = code($secret{desk});
my $entered = attempt('DESK', 'Upper-Floor-2026', $code);
is($entered->{status}, 200, 'a code');
is_problem(attempt('desk', 'Upper-Floor-2026', $code), 401,
    'staff_login_failed', 'works once');
my $device = $entered->{json}{device};
my $desk = $entered->{json}{token};
is_problem($client->get('/staff/accounts', token => $desk), 403, 'forbidden',
    'a reviewer is no administrator');
is($client->get('/login/session', token => $desk)->{json}{method}, 'staff',
    'how the session began');
is_problem($client->get('/login/profile', token => $desk), 403, 'forbidden',
    'staff is no citizen');


# ---- guesses ----

my $stranger = attempt('nobody', 'Upper-Floor-2026', '123456');
my $wrong = attempt('desk', 'not-the-password', '123456');
for my $answer ($stranger, $wrong) {
    delete $answer->{json}{request_id};
    delete $answer->{headers}{date};
}
is_deeply($stranger->{json}, $wrong->{json}, 'nobody learns who exists');
is_deeply($stranger->{headers}, $wrong->{headers}, 'nor by headers');
attempt('desk', 'not-the-password', '123456') for 1 .. 2;
forget_steps();
is_problem(attempt('desk', 'Upper-Floor-2026', code($secret{desk})), 429,
    'too_many_guesses', 'guesses make an unknown device wait');
is(attempt('desk', 'Upper-Floor-2026', code($secret{desk}),
    headers => { 'Civic-Device' => $device })->{status}, 200,
    'and a known one not');
$redis->command('HDEL', $_, 'guesses')
    for $redis->keys('civic:*:staff_guesses');


# ---- accounts ----

my $made = create($token, 'k1', name => 'Li.Lei', roles => ['door']);
is($made->{status}, 201, 'an account') or diag($made->{content});
my $again = create($token, 'k1', name => 'Li.Lei', roles => ['door']);
is($again->{content}, $made->{content},
    'a repeat has the same initial password');
is($again->{headers}{'idempotent-replay'}, 'true', 'and says that it is one');
is_problem(create($token, 'k2', name => 'li.lei', roles => ['door']), 409,
    'name_taken', 'the name is taken');
is_problem($client->post('/staff/accounts', token => $token,
    json => { name => 'xy', roles => ['door'] }), 400,
    'idempotency_key_required', 'a key is asked for');
my $apart = create($token, 'k3', name => 'xy',
    roles => [ 'administrator', 'door' ]);
is_problem($apart, 422, 'roles_conflict', 'roles that do not go together');
is($apart->{json}{rule}{name}, 'staff.roles', 'by a rule');

# A failure half way: a repeat goes on, with the same initial password.
my $accounts = 'civic:{staff}:accounts';
my @members = @{ $redis->command('ZRANGE', $accounts, 0, -1, 'WITHSCORES') };
$redis->command('DEL', $accounts);
$redis->command('SET', $accounts, 'damaged');
is_problem(create($token, 'k4', name => 'han.mei', roles => ['office']), 500,
    'internal_error', 'a list that is damaged');
$redis->command('DEL', $accounts);
$redis->command('ZADD', $accounts, reverse splice @members, 0, 2)
    while @members;
my $finished = create($token, 'k4', name => 'han.mei', roles => ['office']);
is($finished->{status}, 201, 'a repeat finishes the creation')
    or diag($finished->{content});
is(attempt('han.mei', $finished->{json}{initial_password})->{status}, 200,
    'and its password enters');

my $new = attempt('li.lei', $made->{json}{initial_password});
is($new->{status}, 200, 'the initial password enters');
my $list = $client->get('/staff/accounts?limit=10', token => $token)->{json};
is_deeply([ sort map { $_->{name} } @{ $list->{accounts} } ],
    [qw(boss desk first.one han.mei li.lei)], 'the list');


# ---- an end to all sessions ----

my $second = token('desk', 'Upper-Floor-2026', $secret{desk});
is($client->get('/staff/session', token => $_)->{status}, 200, 'a session')
    for $desk, $second;
is(change($token, 'desk', disabled => JSON::PP::true())->{json}{disabled},
    JSON::PP::true(), 'disabled');
for my $ended ($desk, $second) {
    is_problem($client->get('/staff/session', token => $ended), 401,
        'session_expired', 'at once');
}
forget_steps();
is_problem(attempt('desk', 'Upper-Floor-2026', code($secret{desk})), 403,
    'account_disabled', 'who owns it is told');
is_problem(attempt('desk', 'a-wrong-password', code($secret{desk})), 401,
    'staff_login_failed', 'nobody else');
$nginx->civicctl('staff', 'enable', '--name', 'desk');
ok(token('desk', 'Upper-Floor-2026', $secret{desk}), 'enabled again');


# ---- the last administrator ----

is_problem(change($token, 'first.one', roles => ['door']), 409,
    'own_account', 'not oneself');
my $boss = token('boss', 'Key-Cupboard-2026', $secret{boss});
is(change($boss, 'first.one', roles => ['office'])->{status}, 200,
    'another one retires');
is_problem(change($token, 'boss', disabled => JSON::PP::true()), 401,
    'session_expired', 'and can do nothing any more');
my ($status, $text) = $nginx->civicctl('staff', 'disable', '--name', 'boss');
is($status, 1, 'the operator is asked') or diag($text);
like($text, qr/last administrator/, 'whether the last one is meant');
is($client->get('/staff/session', token => $boss)->{status}, 200,
    'who is still there');
$nginx->civicctl('staff', 'disable', '--name', 'boss', '--force');
is_problem($client->get('/staff/session', token => $boss), 401,
    'session_expired', 'until it is');
$nginx->civicctl('staff', 'enable', '--name', 'boss');
$boss = token('boss', 'Key-Cupboard-2026', $secret{boss});

my $reset = $client->post('/staff/accounts/desk/reset', token => $boss);
is($reset->{status}, 200, 'a reset') or diag($reset->{content});
ok(attempt('desk', $reset->{json}{initial_password})->{json}{must_set_totp},
    'begins anew');
like($nginx->civicctl('staff', 'reset', '--name', 'desk'),
    qr/initial password: \S{16}/, 'civicctl resets, too');


# ---- what is kept and logged ----

my $log = $nginx->log_text;
for my $word ('li.lei', 'first.one', 'Key-Cupboard', $secret{boss}, $initial,
    $made->{json}{initial_password})
{
    my $lines = join "\n", grep { !/request: "/ } split /\n/, $log;
    unlike($lines, qr/\Q$word\E/, 'the log has none of it');
}
for my $key ($redis->keys('civic:*:staff')) {
    my %fields = @{ $redis->command('HGETALL', $key) };
    unlike(join(' ', map { $fields{$_} } grep { $_ ne 'roles' } keys %fields),
        qr/boss|desk|li\.lei|argon2|12345678/, 'nor a record in clear');
}

finish();
