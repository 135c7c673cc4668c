# A face, from the visitor to the person: attempts on two nginx and one store,
# the sandbox' gateway and the page on its phone, everything that the gateway
# can do wrong, results that are somebody else's, limits, the picture, and the
# counter as another way.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

use MIME::Base64 qw(decode_base64);
use POSIX ();
use Time::HiRes qw(sleep time);

my $open = 'alipay.user.certify.open';
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());

# No picture that anybody could see: the plugin looks at no pixel.
$sandbox->put('face.jpg', "\xff\xd8\xff\xe0" . "face" x 600 . "\xff\xd9");

my @with = (plugins => [ 'login', 'civic', 'staff', 'face_auth' ],
    workers => 2, fixtures => ['asker'], blobs => 'shared',
    sandbox => [ 'face_picture=' . $sandbox->path('face.jpg') ],
    alipay => ['face_picture=true'], allow => qr/nobody vouches for/);
my $one = civic($sandbox->with_alipay(@with), start => 0);
my $two = civic($sandbox->with_alipay(@with), start => 0,
    redis => $one->redis);

my $blobs = $one->nginx->folder . '/blobs';

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
system 'rm', '-rf', $two->nginx->folder . '/blobs';
symlink $blobs, $two->nginx->folder . '/blobs' or die $!;
$one->add_staff($_, 'counter') for qw(desk window);
$_->nginx->start for $one, $two;
$_->wait_ready for $one, $two;

my $redis = $one->redis;
my ($client, $other) = map { $_->client } $one, $two;
my ($zhang, $li) = Civic::Sandbox::people();
my $key = 0;


# ---- the steps ---------------------------------------------------------------

sub come_in {
    my ($user) = @_;
    my $answer = $client->post('/login/alipay', json => {
        auth_code => $sandbox->auth_code($client, $user) });

    is($answer->{status}, 200, "$user is in") or diag($answer->{content});
    return $answer->{json}{token};
}

sub claim {
    my ($token, $person) = @_;

    return $client->put('/login/identity', token => $token, json => {
        name => $person->{name}, id_number => $person->{id_number} });
}

sub consent {
    my ($token) = @_;
    my $text = $client->get('/civic/consents/texts/face')->{json};

    return $client->post('/civic/consents', token => $token,
        headers => { 'Idempotency-Key' => 'c' . $key++ }, json => {
            purpose => 'face', method => 'tick_and_button', channel => 'web',
            app_version => '1.0', flags => { face => JSON::PP::true() },
            map { $_ => $text->{$_} } qw(version digest language) });
}

sub begin {
    my ($token, %arg) = @_;

    return ($arg{client} || $client)->post('/face-auth/attempts',
        token => $token, json => { purpose => $arg{purpose} || 'identity' },
        headers => { 'Idempotency-Key' => $arg{key} // 'a' . $key++ });
}

sub result {
    my ($token, $attempt, %arg) = @_;

    return ($arg{client} || $client)->post(
        "/face-auth/attempts/$attempt->{attempt_id}/result",
        token => $token);
}

sub state_of {
    my ($token, $attempt) = @_;

    return $other->get("/face-auth/attempts/$attempt->{attempt_id}",
        token => $token)->{json}{state};
}

# The person in front of the phone: follows the link and decides.
sub shows {
    my ($attempt, $result, %form) = @_;
    my $answer = $client->get($attempt->{url} =~ s{^http://[^/]+}{}r);

    is($answer->{status}, 302, 'the link leads to the page');
    is($sandbox->decide($client, $attempt->{certify_id}, result => $result,
        %form)->{status}, 200, "where it is decided: $result");
    return;
}

sub proven {
    return scalar grep { $redis->command('HGET', $_, 'proven') }
        $redis->keys('civic:*:person');
}

# The first entry of an outbox, as if it had been there for long.
sub outbox_was {
    my ($name, $change) = @_;
    my ($stream) = $redis->keys("civic:outbox:face_auth.$name:*");
    my $entry = $redis->command('XRANGE', $stream, '-', '+')->[-1][1][1];

    $redis->command('DEL', $stream);
    $redis->command('XADD', $stream, '1-1', 'entry',
        map { $change->() } $entry);
    return;
}

sub run_job {
    my ($name) = @_;
    my ($is, $text) = $one->nginx->civicctl('job', 'run', "face_auth.$name");

    is($is, 0, "the job $name") or diag($text);
    return;
}

# At once, in processes of their own: what each said.
sub at_once {
    my (@todo) = @_;
    my @said = map {
        my $code = $_;
        my $file = Civic::Process::folder() . '/said';
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            open my $out, '>', $file or POSIX::_exit(1);
            print {$out} eval { $code->() } // "died: $@";
            close $out;
            POSIX::_exit(0);
        }
        [ $pid, $file ];
    } @todo;

    return map { waitpid $_->[0], 0; open my $in, '<', $_->[1];
        scalar <$in> // '' } @said;
}

sub new_client { return ($one, $two)[ $_[0] % 2 ]->client(unseen => 1) }


# ---- what comes first --------------------------------------------------------

my $token = come_in('zhang');
is_problem(begin($token), 409, 'identity_required', 'first who it is');
is(claim($token, $zhang)->{status}, 200, 'name and number');
is_problem(begin($token), 403, 'consent_required', 'then the consent');
is(consent($token)->{status}, 201, 'given');
is_problem($client->post('/face-auth/attempts', token => $token,
    json => { purpose => 'identity' }), 400, 'idempotency_key_required',
    'a key, for it creates');


# ---- beginning, when the gateway is ill --------------------------------------

for my $fault (qw(code_20000 timeout timeout_before wrong_signature
    unsigned_success malformed http_500 error_40006))
{
    $sandbox->fault($client, "$open.initialize", $fault, count => 1,
        delay_ms => 200);
    my $answer = begin($token);
    is_problem($answer, 503, 'provider_unavailable', "initialize: $fault");
    ok($answer->{json}{retry_after}, 'and when to try again');
}
my ($hash) = grep { $redis->command('HGET', $_, 'index') }
    $redis->keys('civic:*:face_auth');
my @ids = split ' ', $redis->command('HGET', $hash, 'index');
is(scalar @ids, 1, 'all were the same attempt');
is_deeply([ (split ' ', $redis->command('HGET', $hash, 'tries'))[ 0, 2 ] ],
    [ 1, 1 ], 'which counts once');

$sandbox->fault($client, "$open.initialize", 'slow', count => 1,
    delay_ms => 300);
my @both = at_once(map { my $i = $_; sub {
    my $answer = begin($token, client => new_client($i), key => "at$i");
    return "$answer->{status} $answer->{json}{attempt_id}" } } 0 .. 3);
is_deeply(\@both, [ ("201 $ids[0]") x 4 ], 'begun on four workers at once');
my $attempt = begin($token, key => 'again')->{json};
is($attempt->{attempt_id}, $ids[0], 'it is that one');
is(begin($token, key => 'again')->{json}{certify_id},
    $attempt->{certify_id}, 'again');
is($attempt->{advice}[1], '请勿低头、抬头、歪头、侧脸、打电话、使用多个面孔、'
    . '夸张表情、遮住脸部', 'the notice is cited');
is(substr(decode_base64($attempt->{qr_png} =~ s/^.*,//r), 0, 4), "\x89PNG",
    'a QR code');


# ---- the result, when the gateway is ill -------------------------------------

is_problem(result($token, $attempt), 422, 'face_not_passed',
    'nobody has looked yet');
like(result($token, $attempt)->{json}{detail}, qr/三分之二.*遮住脸部/s,
    'the whole advice');
shows($attempt, 'pass');
for my $fault (qw(code_20000 code_20000_done timeout timeout_before
    wrong_signature unsigned_success malformed http_500 error_40004
    error_40005))
{
    # a question may be put a second time
    $sandbox->fault($client, "$open.query", $fault, count => 2,
        delay_ms => 100);
    is_problem(result($token, $attempt), 503, 'provider_unavailable',
        "query: $fault");
    $sandbox->fault($client, "$open.query", $fault, count => 0);
}
is(state_of($token, $attempt), 'open', 'it is still open');
is(proven(), 0, 'and nobody is proven');


# ---- whose result it is ------------------------------------------------------

my $li_token = come_in('li');
is_problem(result($li_token, $attempt), 404, 'not_found', 'not another\'s');
sleep 1.1 - (time - int time);
my $elsewhere = come_in('zhang');
is_problem(result($elsewhere, $attempt), 409, 'face_other_session',
    'not another session\'s');
my $forged = $client->post("/face-auth/attempts/$ids[0]/result",
    token => $token, json => { passed => 'T' });
cmp_ok($forged->{status}, '>=', 400, 'a client says nothing');
is(proven(), 0, 'nobody is proven by any of these');


# ---- it has passed -----------------------------------------------------------

my @said = at_once(map { my $i = $_; sub {
    my $answer = result($token, $attempt, client => new_client($i));
    return "$answer->{status} " . ($answer->{json}{state} // '-') } } 0 .. 3);
is_deeply(\@said, [ ('200 passed') x 4 ], 'passed, on four workers at once');
is(proven(), 1, 'one person is proven');
is(state_of($token, $attempt), 'done', 'and all is done');
my $passed = result($token, $attempt);
ok($passed->{json}{exchange}, 'a visitor goes on with a session');
my $session = $client->post('/login/session', token => $token);
is($session->{json}{state}, 'citizen', 'of the person')
    or diag($session->{content});
my $citizen = $client->put('/login/password',
    token => $session->{json}{token},
    json => { new_password => 'gelbe-Ente-47' })->{json}{token};
ok($citizen, 'who sets a password');
is($client->get('/login/identity', token => $citizen)->{json}{state},
    'person', 'who it is');


# ---- the picture, under the consent ------------------------------------------

sub holder {
    return grep { $redis->command('HGET', $_, 'reference') }
        $redis->keys('civic:*:face_auth');
}

is(scalar(holder()), 1, 'a picture came along');
my $first = $redis->command('HGET', (holder())[0], 'reference');
$attempt = begin($citizen)->{json};
shows($attempt, 'pass');
is(result($citizen, $attempt)->{status}, 200, 'a citizen\'s face');
my ($of_person) = holder();
isnt($redis->command('HGET', $of_person, 'reference'), $first,
    'a newer picture takes its place');
my ($pid) = $of_person =~ /\{p:([\w-]+)\}/;
my $reference = $client->post('/asker/calls/face_auth.reference',
    type => 'application/json', body => qq({"pid":"$pid"}))->{json}{out};
like($reference->{blob_id}, qr/^[\w-]{22}$/, 'has a picture to compare with');
outbox_was('pictures', sub { s/ \d+ \d+$/ 1 2/r });
run_job('pictures');
is(scalar(holder()), 0, 'the job deletes it in time');
$attempt = begin($citizen)->{json};
shows($attempt, 'pass');
result($citizen, $attempt);
my @files = grep { -f } glob "$blobs/*/* $blobs/*/*/*";
unlike(join('', map { open my $f, '<:raw', $_; local $/; scalar <$f> }
    @files), qr/faceface/, 'which nobody can read');

is($client->delete('/civic/consents/face', token => $citizen)
    ->{json}{erased}, JSON::PP::true(), 'the consent is withdrawn');
is($redis->command('HGET', $of_person, 'reference'), undef,
    'and the picture is gone');
is($redis->command('HLEN', "civic:{p:$pid}:blobs"), 0, 'with its key');
is_problem(begin($citizen), 403, 'consent_required',
    'a new attempt asks for a new consent');

# withdrawn in the middle
consent($citizen);
$attempt = begin($citizen)->{json};
shows($attempt, 'pass');
$sandbox->fault($client, "$open.query", 'slow', count => 1, delay_ms => 3000);
my @during = at_once(sub { result($citizen, $attempt,
        client => new_client(0))->{status} },
    sub { sleep 1; new_client(1)->delete('/civic/consents/face',
        token => $citizen)->{status} });
is($during[1], 200, 'a consent that is withdrawn in the middle');
is($during[0], 409, 'ends the attempt');
is($redis->command('HGET', $of_person, 'reference'), undef,
    'leaves no picture');


# ---- it has not passed; the poll; limits -------------------------------------

claim($li_token, $li);
consent($li_token);
$attempt = begin($li_token)->{json};
my $began = time;
my @polls = at_once((map { my $i = $_; sub {
        new_client($i)->post("/face-auth/attempts/$attempt->{attempt_id}/wait",
            token => $li_token, json => {})->{json}{state} } } 0 .. 2),
    sub { sleep 0.5; $sandbox->decide(new_client(0), $attempt->{certify_id},
        result => 'fail', reason => 'Z1147')->{status} });
is_deeply(\@polls, [ ('failed') x 3, 200 ], 'three pages hear of a failure');
cmp_ok(time - $began, '<', 8, 'within seconds');
is_problem(result($li_token, $attempt), 422, 'face_not_passed',
    'and the result says it');
for my $try (2 .. 5) {
    $attempt = begin($li_token)->{json};
    is_problem(result($li_token, $attempt), 422, 'face_not_passed',
        "attempt $try");
}
my $limited = begin($li_token, client => $other);
is_problem($limited, 429, 'face_wait', 'the sixth waits');
cmp_ok($limited->{json}{retry_after}, '<=', 30, 'half a minute');


# ---- the counter -------------------------------------------------------------

sub decides {
    my ($at, $staff, %body) = @_;

    return $at->post('/face-auth/counter/decisions', token => $staff,
        json => \%body);
}

my ($desk, $window) = map { $one->staff_token($_) } qw(desk window);
my $asked = $client->post('/face-auth/counter-requests', token => $li_token,
    json => { purpose => 'identity' },
    headers => { 'Idempotency-Key' => 'counter' });
is($asked->{status}, 201, 'without a face') or diag($asked->{content});
my $code = $asked->{json}{code};
like($code, qr/^[2-9A-HJ-NP-Z]{8}$/, 'a code');
is($client->post('/face-auth/counter-requests', token => $li_token,
    json => { purpose => 'identity' },
    headers => { 'Idempotency-Key' => 'counter' })->{json}{code}, $code,
    'the same when it is asked again');
is_problem($client->post('/face-auth/counter/look-up', token => $li_token,
    json => { code => $code }), 403, 'forbidden', 'for staff');
my $found = $other->post('/face-auth/counter/look-up', token => $desk,
    json => { code => lc $code });
is($found->{json}{name}, $li->{name}, 'who it is about, to be compared')
    or diag($found->{content});
is_problem($other->post('/face-auth/counter/look-up', token => $desk,
    json => { code => 'ABCDEFGH' }), 404, 'face_code_unknown',
    'a code that nobody has');
is_problem(decides($client, $desk, code => $code, decision => 'pass',
    name => $li->{name}, document => $zhang->{id_number}), 409,
    'face_document_other', 'another document');
is(decides($client, $desk, code => $code, decision => 'pass',
    name => 'x', document => $li->{id_number})->{json}{errors}[0]{code},
    'face_name_other', 'another name');
@said = sort { $a cmp $b } at_once(map { my ($i, $staff) = @$_; sub {
    my $answer = decides(new_client($i), $staff, code => $code,
        decision => 'pass', name => $li->{name},
        document => $li->{id_number});
    return "$answer->{status} " . ($answer->{json}{state}
        // $answer->{json}{code}) } } [ 0, $desk ], [ 1, $window ]);
is($said[0], '200 done', 'passed by one of two who decide at once');
like($said[1], qr/^(?:409 face_decided|200 done)$/, 'and decided once');
is(proven(), 2, 'li is proven');
is($client->post('/login/session', token => $li_token)->{json}{state},
    'citizen', 'and goes on as a citizen');

# whoever decided has died before it was carried out
my ($of_li) = grep { $redis->command('HGET', $_, 'counter') }
    $redis->keys('civic:*:face_auth');
my $id = $redis->command('HGET', $of_li, 'counter');
$redis->command('HSET', $of_li, "s:$id",
    $redis->command('HGET', $of_li, "s:$id") =~ s/^done/passed/r);
outbox_was('decisions', sub { $_ });
run_job('decisions');
like($redis->command('HGET', $of_li, "s:$id"), qr/^done /,
    'a job carries it out');


# ---- what is left behind -----------------------------------------------------

my $logs = $one->nginx->log_text . $two->nginx->log_text;
for my $secret_text ($zhang->{id_number}, $li->{id_number}, $code,
    $attempt->{certify_id}, $token)
{
    unlike($logs, qr/\Q$secret_text\E/, 'no log has what nobody may read');
}
my $all = join ' ', map { @{ $redis->command('HGETALL', $_) } }
    $redis->keys('civic:*:face_auth');
unlike($all, qr/\Q$_->{id_number}\E/, 'nor Redis') for $zhang, $li;

finish();
