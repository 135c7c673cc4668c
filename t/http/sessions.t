# Sessions: who calls, for how long, and that nothing of anybody leaves once
# a session is over.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['login'], fixtures => [ 'probe', 'leaky' ],
    people => 2);
my $client = $civic->client;
my $redis = $civic->redis;
my ($one, $two) = $civic->people;

sub login {
    my ($person) = @_;

    return $client->login(@$person{qw(id_number password)});
}

sub holds {
    my ($token, $name) = @_;

    return is($client->get('/login/session', token => $token)->{status}, 200,
        $name);
}

# Refused wherever it is shown, on routes that read first or write.
sub over {
    my ($token, $name) = @_;

    subtest $name => sub {
        for my $request ([ GET => '/login/session' ],
            [ GET => '/login/profile' ], [ DELETE => '/login/session' ],
            [ GET => '/probe/record' ], [ GET => '/probe/staff' ])
        {
            my $answer = $client->request(@$request, token => $token);

            is_problem($answer, 401, 'session_expired', "@$request");
            unlike($answer->{content}, qr/\*\*\*|private/,
                'and nothing of the person');
        }
    };
    return;
}

# The record of the one session that a person of the probe has.
sub records {
    my ($pid) = @_;
    my $key = "civic:{p:$pid}:sessions";

    return ($key, @{ $redis->command('HGETALL', $key) });
}

sub begin {
    my ($name, %arg) = @_;
    my $answer = $client->post('/probe/session', json => { name => $name,
        %arg });

    return ($answer->{json}{token}, $client->get('/probe/session',
        token => $answer->{json}{token})->{json}{pid});
}


# ---- a token ----

my $token = login($one);
my $other = login($one);
my $session = $client->get('/login/session', token => $token)->{json};

isnt($token, $other, 'each login has a token of its own');
is($session->{method}, 'password', 'the session knows how it began');
is_deeply($session->{roles}, ['citizen'], 'and as whom');
ok(!$session->{must_set_password}, 'and that the password is set');
holds($_, 'both hold') for $token, $other;

for my $request ([ GET => '/login/session' ], [ GET => '/login/profile' ],
    [ DELETE => '/login/session' ], [ PUT => '/login/password' ])
{
    is_problem($client->request(@$request), 401, 'unauthorized',
        "@$request without a token");
}
is($client->get('/login/session', headers => { Authorization =>
    "bearer $token" })->{status}, 200, 'the scheme in lower case');
for my $header ("Basic $token", $token, 'Bearer', 'Bearer ', "Bearer$token") {
    is($client->get('/login/session',
        headers => { Authorization => $header })->{status}, 401,
        'not a bearer: ' . substr $header, 0, 10);
}


# ---- tokens of nobody ----

my %wrong = (
    'a word' => 'hello', 'cut short' => substr($token, 0, -1),
    'cut to half' => substr($token, 0, 50), 'a letter more' => $token . 'A',
    'twice' => $token . $token, 'a pad' => "$token=",
    'very long' => 'A' x 3000, 'zeroes' => 'A' x length $token,
    'a space within' => substr($token, 0, 40) . ' ' . substr($token, 40),
    'a NUL, escaped' => "$token%00", 'plain base64' => ($token =~ tr{-_}{+/}r)
        . ($token =~ /[-_]/ ? '' : '+'),
    'made of two' => substr($token, 0, 60) . substr(login($two), 60),
);
for my $name (sort keys %wrong) {
    my $answer = $client->get('/login/profile', token => $wrong{$name});

    is($answer->{status}, 401, $name);
    unlike($answer->{content}, qr/\*\*\*/, 'shows nothing');
}

my @flipped = grep { $client->get('/login/profile', token => $_)->{status}
    != 401 } map { my $t = $token; substr($t, $_, 1) =~
    tr/A-Za-z0-9_-/B-ZAb-za1-90\-_/; $t } 0 .. length($token) - 1;
is_deeply(\@flipped, [], 'one character changed, at each place');
my ($device) = $client->try_login(@$one{qw(id_number password)})->{json}
    {device};
is($client->get('/login/profile', token => $device)->{status}, 401,
    'what is sealed for another purpose');


# ---- the ends ----

is($client->delete('/login/session', token => $token)->{status}, 204,
    'this one ends');
over($token, 'it is over');
holds($other, 'another holds');
is($client->delete('/login/session', token => $token)->{status}, 401,
    'it does not end twice');

my @mine = map { login($one) } 1 .. 3;
my $hers = login($two);
is($client->delete('/login/session?scope=others', token => $mine[1])
    ->{status}, 204, 'the others end');
over($_, 'another is over') for $mine[0], $mine[2], $other;
holds($mine[1], 'this one holds');
push @mine, login($one);
is($client->delete('/login/session?scope=all', token => $mine[1])->{status},
    204, 'all end');
over($_, 'over') for $mine[1], $mine[3];
holds($hers, 'somebody else\'s holds');
holds(login($one), 'and a new login');


# ---- what an ended session could read ----

my ($citizen, $pid) = begin('reader');
like($pid, qr/^[\w-]{22}$/, 'a pid');
is($client->put('/probe/record', token => $citizen,
    json => { name => 'private' })->{status}, 204, 'a record');
is($client->get('/probe/record', token => $citizen)->{json}{name}, 'private',
    'is read');
my ($again) = begin('reader');
$client->delete('/probe/session?scope=0', token => $citizen);
for (1 .. 5) {
    my $answer = $client->get('/probe/record', token => $citizen);

    is($answer->{status}, 401, 'not by an ended session');
    unlike($answer->{content}, qr/private/, 'not a letter of it');
}
like($client->get('/probe/record', token => $citizen,
    headers => { 'Civic-Envelope' => 1 })->{content}, qr/session_expired/,
    'nor in an envelope');
my $head = $client->request('HEAD', '/probe/record', token => $citizen);
is($head->{status}, 401, 'nor by HEAD');
my ($nobody) = begin('without');
$client->delete('/probe/session', token => $nobody);
is_problem($client->get('/probe/record', token => $nobody), 401,
    'session_expired', 'nor whether there is one');
is_problem($client->get('/probe/session', token => $nobody), 401,
    'session_expired', 'nor who it was');
is_problem($client->get('/leaky/problem', token => $again), 409,
    'leaky_secret', 'a handler that answers with a problem and fails');
is_problem($client->get('/leaky/problem', token => $citizen), 401,
    'session_expired', 'does not for an ended session');


# ---- by time ----

sub change {
    my ($place, $code, $name) = @_;
    my ($fresh, $person) = begin("by time $place");
    my ($key, $field, $record) = records($person);
    my @parts = split / /, $record;

    is($client->get('/probe/session', token => $fresh)->{status}, 200,
        "$name: it holds");
    $parts[$place] = $code->($parts[$place]);
    $redis->command('HSET', $key, $field, join ' ', @parts);
    is($client->get('/probe/session', token => $fresh)->{status}, 401,
        "$name: it does not");
    return;
}

# 1 created seen expires idle refresh roles must_set_password method device
change(3, sub { time - 1 }, 'the lifetime is over');
change(2, sub { time - 61 }, 'not used for too long');
change(0, sub { 2 }, 'a record of another version');
change(8, sub { '' }, 'a record that is broken');

my ($used, $user) = begin('used');
my ($key, $field, $record) = records($user);
my @parts = split / /, $record;
$parts[2] -= 30;
$redis->command('HSET', $key, $field, join ' ', @parts);
$client->get('/probe/session', token => $used);
my $seen = (split / /, $redis->command('HGET', $key, $field))[2];
ok($seen >= time - 5, 'use is noted');
$parts[2] = time - 5;
$redis->command('HSET', $key, $field, join ' ', @parts);
$client->get('/probe/session', token => $used);
is((split / /, $redis->command('HGET', $key, $field))[2], $parts[2],
    'but not each time');
ok($redis->command('PTTL', $key) > 0, 'Redis forgets them by itself');

my @kept = map { (begin('keeper'))[0] } 1 .. 3;
over($kept[0], 'the oldest gives way to the third of two');
is($client->get('/probe/session', token => $_)->{status}, 200, 'the rest hold')
    for @kept[ 1, 2 ];


# ---- roles, and a password that must be set first ----

is_problem($client->get('/probe/staff', token => $kept[1]), 403, 'forbidden',
    'a citizen is no reviewer');
my ($new) = begin('newcomer', flag => JSON::PP::true());
is_problem($client->get('/probe/session', token => $new), 403,
    'password_required', 'a password must be set first');
is_problem($client->get('/login/profile', token => $new), 403,
    'password_required', 'for reading');
is_problem($client->put('/probe/record', token => $new,
    json => { name => 'ab' }), 403, 'password_required', 'for writing');
ok($client->get('/login/session', token => $new)->{json}{must_set_password},
    'the session tells it');
is($client->delete('/probe/session', token => $new)->{status}, 204,
    'leaving is allowed');

finish();
