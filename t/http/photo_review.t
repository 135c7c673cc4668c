# Photos that are compared and reviewed, on two nginx and one store: Alipay's
# side by the sandbox, with a real file in a real multipart; refused, unknown
# and late answers; the consent that ends meanwhile; two reviewers at once;
# and the queue of staff, lost and mended.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

use Time::HiRes qw(sleep time);

my $certify = 'datadigital.fincloud.generalsaas.face.source.certify';
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @with = (plugins => [ 'login', 'civic', 'face_auth', 'photo_check' ],
    workers => 2, fixtures => ['snapper'], blobs => 'shared',
    upstreams => { media => 'return 503;' });
my $one = civic($sandbox->with_alipay(@with), start => 0, people => 6);
my $two = civic($sandbox->with_alipay(@with), start => 0,
    redis => $one->redis);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
system 'rm', '-rf', $two->nginx->folder . '/blobs';
symlink $one->nginx->folder . '/blobs', $two->nginx->folder . '/blobs'
    or die $!;
for my $each ($one, $two) {
    system 'sed', '-i', 's/^rules.source = false/rules.source = true/;'
        . '/source = false, most/s/false/true/;'
        . 's/^rules.first_pause = 15/rules.first_pause = 1/;'
        . 's/first_pause = 15,/first_pause = 1,/',
        $each->nginx->rules . '/photo_check.lua';
    $each->nginx->start;
    $each->wait_ready;
}

my $redis = $one->redis;
my ($client, $other) = map { $_->client } $one, $two;
my $made = 0;
my $key = 0;

sub session {
    my ($name, %arg) = @_;

    return $client->post('/snapper/sessions', json => { name => $name, %arg })
        ->{json}{token};
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

# A photo of the n-th person in that state: (its id, the owner's token).
sub photo {
    my ($n, $state) = @_;
    my $number = $one->person($n)->{id_number};
    my $id = sprintf '%021dA', ++$made;
    my $answer = $client->post("/snapper/photos?name=$number&id=$id"
        . "&state=$state", body => "\xff\xd8\xff\xe0 a photo" x 9000,
        type => 'image/jpeg');

    is($answer->{status}, 201, "a photo, $state") or diag($answer->{content});
    return ($id, session($number));
}

sub becomes {
    my ($id, $token, $state, $name) = @_;
    my ($found, $until) = ('', time + 60);

    while (time < $until) {
        $found = $other->get("/photo-check/photos/$id", token => $token)
            ->{json}{state} // '';
        last if $found eq $state;
        sleep 0.2;
    }
    return is($found, $state, $name);
}

sub says {
    my ($n, $what) = @_;

    return $client->post('/sandbox/alipay/source-photos', json => {
        id_number => $one->person($n)->{id_number}, says => $what });
}


# ---- by Alipay ----

consent(session($_->{id_number})) for $one->people;
my ($id, $token) = photo(0, 'comparing');
becomes($id, $token, 'passed', 'the authority knows the face');
Civic::Process::wait_for('a message', 10, sub {
    grep { $_->{kind} eq 'photo_check.passed' } @{ $client->get(
        '/civic/messages', token => $token)->{json}{messages} || [] } });

says(1, 'different');
($id, $token) = photo(1, 'comparing');
becomes($id, $token, 'refused', 'or another one');
my $shown = $client->get("/photo-check/photos/$id", token => $token)->{json};
like($shown->{reason}, qr/不一致/, 'and the reason is told');

$sandbox->fault($client, $certify, 'code_20000', count => 2);
($id, $token) = photo(2, 'comparing');
becomes($id, $token, 'passed', 'asked again when it did not say');

$sandbox->fault($client, $certify, 'slow', delay_ms => 3000);
($id, $token) = photo(3, 'comparing');
sleep 1.8;
like($client->delete('/civic/consents/face', token => $token)->{status}, qr/^2/,
    'the consent ends meanwhile');
becomes($id, $token, 'review', 'so no machine decides');


# ---- staff ----

my ($ann, $bob) = map { session($_, staff => JSON::PP::true()) } qw(ann bob);
my ($second, $owner) = photo(4, 'review');

sub waiting {
    return $other->get('/photo-check/reviews', token => $ann)
        ->{json}{waiting};
}

Civic::Process::wait_for('both wait', 10, sub { waiting() == 2 });
my $his = $client->post('/photo-check/reviews/next', token => $ann);
my $hers = $other->post('/photo-check/reviews/next', token => $bob);
is($his->{status}, 200, 'one takes one') or diag($his->{content});
is($hers->{status}, 200, 'the other');
isnt($his->{json}{review_id}, $hers->{json}{review_id}, 'another');
is($his->{json}{why}, 'no_consent', 'and is told why it came');
unlike($his->{content}, qr/$one->{people}[3]{id_number}/, 'masked');

my $picture = $other->get(
    "/photo-check/reviews/$his->{json}{review_id}/picture", token => $ann);
is(length $picture->{content}, 9000 * length "\xff\xd8\xff\xe0 a photo",
    'the picture');
like($picture->{headers}{'cache-control'} // '', qr/no-store/, 'not cached');

$redis->command('DEL', "civic:{photo_reviews}:$_")
    for qw(waiting owners leases held);
for my $shard (0 .. 15) {
    last if waiting() == 2;
    $one->nginx->civicctl('job', 'run', 'photo_check.reviews');
    sleep 1;
}
is(waiting(), 2, 'the queue was lost and is mended');

my $decided = $other->post(
    "/photo-check/reviews/$hers->{json}{review_id}/decision", token => $bob,
    json => { decision => 'refuse', reasons => ['not_bareheaded'] });
is($decided->{status}, 200, 'decided') or diag($decided->{content});
becomes($second, $owner, 'refused', 'as the applicant sees');

is($client->post("/photo-check/reviews/$his->{json}{review_id}/decision",
    token => $ann, json => { decision => 'approve',
        recent => JSON::PP::true(), bareheaded => JSON::PP::true() })
    ->{status}, 200, 'the other, too');
becomes($id, $token, 'passed', 'seen by somebody');

finish();
