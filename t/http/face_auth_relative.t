# A relative's face, from the one who binds: under the consent "kinship", at
# the sandbox' gateway and on the page of its phone; a result that is nobody
# else's, for no other purpose, and good once; a number with another's name;
# and what goes with the consent.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

my $open = 'alipay.user.certify.open';
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());

$sandbox->put('face.jpg', "\xff\xd8\xff\xe0" . "face" x 600 . "\xff\xd9");

my $civic = civic($sandbox->with_alipay(workers => 2, people => 2,
    plugins => [ 'login', 'civic', 'face_auth' ], fixtures => ['asker'],
    blobs => 'shared', alipay => ['face_picture=true'],
    sandbox => [ 'face_picture=' . $sandbox->path('face.jpg') ]));
my $client = $civic->client;
my $redis = $civic->redis;
my ($token, $other) = map { $client->login(@$_{qw(id_number password)}) }
    $civic->people;
my (undef, $li) = Civic::Sandbox::people();
my $key = 0;


# ---- the steps ---------------------------------------------------------------

sub consent {
    my ($purpose, $flags) = @_;
    my $text = $client->get("/civic/consents/texts/$purpose")->{json};

    return $client->post('/civic/consents', token => $token,
        headers => { 'Idempotency-Key' => 'c' . $key++ }, json => {
            purpose => $purpose, method => 'tick_and_button', channel => 'web',
            flags => $flags,
            map { $_ => $text->{$_} } qw(version digest language) });
}

sub begin {
    my (%arg) = @_;

    return $client->post('/face-auth/attempts', token => $arg{token} // $token,
        headers => { 'Idempotency-Key' => 'a' . $key++ },
        json => { purpose => 'kinship', name => $arg{name} // $li->{name},
            id_number => $arg{id_number} // $li->{id_number} });
}

sub result {
    my ($attempt) = @_;

    return $client->post("/face-auth/attempts/$attempt->{attempt_id}/result",
        token => $token);
}

# The relative in front of the phone.
sub shows {
    my ($attempt, $result) = @_;
    my $answer = $client->get($attempt->{url} =~ s{^http://[^/]+}{}r);

    is($answer->{status}, 302, 'the link leads to the page');
    is($sandbox->decide($client, $attempt->{certify_id},
        result => $result)->{status}, 200, "where it is decided: $result");
    return;
}

# What a plugin is told that asks for the result.
sub taken {
    my ($attempt, %arg) = @_;
    my $body = JSON::PP->new->encode({ attempt_id => $attempt->{attempt_id},
        purpose => 'kinship', %arg });
    my $answer = $client->post('/asker/calls/face_auth.result',
        type => 'application/json', body => $body)->{json};

    is($answer->{result}, 0, 'the call is answered');
    return $answer->{out}{state};
}


# ---- the consent of who binds ------------------------------------------------

is_problem(begin(), 403, 'consent_required', 'first the agreement');
is(consent('face', { face => JSON::PP::true() })->{status}, 201,
    'a consent to the own face');
is_problem(begin(), 403, 'consent_required', 'is none to a relative\'s');
is(begin()->{json}{purpose}, 'kinship', 'that one is named');
like($client->get('/civic/consents/texts/kinship')->{json}{text},
    qr/注册亲属码需要获取代申领人授权，亲属码确为本人身份证号码，瞒报、谎报信息或恶意绑定他人等将依法承担法律责任/,
    'what one agrees to: the notice is cited');
is(consent('kinship', {})->{status}, 201, 'agreed');
is_problem(begin(token => $other), 403, 'consent_required',
    'nobody else has');


# ---- a face ------------------------------------------------------------------

my $attempt = begin()->{json};
my ($whose) = $redis->keys('civic:*:face_auth');
my ($pid) = $whose =~ /\{p:([\w-]+)\}/;
my ($slot) = grep { /^open:kinship:/ } @{ $redis->command('HKEYS', $whose) };
my ($person) = $slot =~ /([\w-]+)$/;

isnt($person, $pid, 'it is somebody else\'s');
is(taken($attempt, pid => $pid, person => $person), 'open', 'not shown yet');
is_problem(result($attempt), 422, 'face_not_passed', 'nobody has looked');
shows($attempt, 'pass');
my $passed = result($attempt);
is($passed->{status}, 200, 'passed') or diag($passed->{content});
ok(!$passed->{json}{exchange}, 'nobody\'s session changes');
is($redis->command('HGET', $whose, 'reference'), undef,
    'no picture came along');

is(taken($attempt, pid => $pid, person => $pid), 'none', 'not the own face');
is(taken($attempt, pid => $person, person => $person), 'none',
    'not another\'s attempt');
is(taken($attempt, pid => $pid, person => $person, purpose => 'identity'),
    'none', 'not for another purpose');
is(taken($attempt, pid => $pid, person => $person), 'passed',
    'for whom and what it was');
is(taken($attempt, pid => $pid, person => $person), 'done', 'once');


# ---- not passed --------------------------------------------------------------

$attempt = begin(name => '陈冒名')->{json};
shows($attempt, 'pass');
is_problem(result($attempt), 422, 'face_not_passed',
    'a number with another name, whatever was pressed');
is(taken($attempt, pid => $pid, person => $person), 'failed',
    'which is no proof');
$sandbox->fault($client, "$open.initialize", 'error_40004', count => 1,
    sub_code => 'IDENTITY_INVALID');
is_problem(begin(), 409, 'face_refused', 'the gateway does not begin one');
$attempt = begin()->{json};
shows($attempt, 'pass');
$sandbox->fault($client, "$open.query", 'wrong_signature', count => 2);
is_problem(result($attempt), 503, 'provider_unavailable',
    'an answer that nobody vouches for');
is(taken($attempt, pid => $pid, person => $person), 'open', 'is none');


# ---- the consent is withdrawn ------------------------------------------------

is($client->delete('/civic/consents/kinship', token => $token)
    ->{json}{erased}, JSON::PP::true(), 'withdrawn');
is_problem(result($attempt), 404, 'not_found', 'the attempt is gone');
is(taken($attempt, pid => $pid, person => $person), 'none', 'for all');
is_deeply([ grep { /^open:kinship/ } @{ $redis->command('HKEYS', $whose) } ],
    [], 'nothing of it is left');
is_problem(begin(), 403, 'consent_required', 'and none begins');

my $logs = $civic->nginx->log_text;
unlike($logs, qr/\Q$_\E/, 'no log has what nobody may read')
    for $li->{id_number}, $attempt->{certify_id};

finish();
