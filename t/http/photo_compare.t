# The whole way of a photo that is compared with the face that was
# authenticated, by the real engine: the same person passes, another one is
# refused, and who is neither clearly waits for staff.

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound qw(internal);

use Time::HiRes qw(sleep time);

if (!Civic::Media::has_models()) {
    ok(1, 'SKIPPED: no face models; tools/models.sh build/share/faces');
    finish();
    exit;
}

my $media = Civic::Media->start(workers => 2, faces => 1);
my $civic = civic(plugins => [ 'login', 'civic', 'face_auth', 'photo_check' ],
    fixtures => ['snapper'], blobs => 'shared', people => 4,
    server => "client_max_body_size 8m;\n",
    http => internal({ media => 'set $civic_upstream_host media; '
        . $media->location }));
my $client = $civic->client;
my $key = 0;

sub come_in {
    my ($n) = @_;
    my $person = $civic->person($n);

    return $client->login($person->{id_number}, $person->{password});
}

sub consent {
    my ($token) = @_;
    my $text = $client->get('/civic/consents/texts/face')->{json};
    my $answer = $client->post('/civic/consents', token => $token,
        headers => { 'Idempotency-Key' => 'c' . $key++ }, json => {
            purpose => 'face', method => 'tick_and_button', channel => 'web',
            app_version => '1.0', flags => { face => JSON::PP::true() },
            map { $_ => $text->{$_} } qw(version digest language) });

    return is($answer->{status}, 201, 'the use of the face is agreed to')
        || diag($answer->{content});
}

# The n-th person's face as the provider gave it, and then a photo: its state
# once that is settled.
sub compared {
    my ($n, $face, $photo) = @_;
    my $token = come_in($n);
    my $number = $civic->person($n)->{id_number};

    consent($token);
    if ($face) {
        my $kept = $client->post("/snapper/faces?name=$number",
            body => photo($face), type => 'image/jpeg');
        like($kept->{status}, qr/^2/, "the face of $face")
            or diag($kept->{content});
    }

    my $sent = $client->post('/photo-check/photos', token => $token,
        body => photo($photo), type => 'image/jpeg',
        headers => { 'Idempotency-Key' => 'p' . $key++ });
    is($sent->{json}{state}, 'comparing', "$photo is good")
        or diag($sent->{content});

    my ($found, $until) = ({}, time + 60);
    while (time < $until) {
        $found = $client->get("/photo-check/photos/$sent->{json}{photo_id}",
            token => $token)->{json};
        last if $found->{state} ne 'comparing';
        sleep 0.2;
    }
    return $found;
}

my $same = compared(0, 'person_0_again.jpg', 'good.jpg');
is($same->{state}, 'passed', 'one person in two pictures passes');
is($same->{title}, '照片上传成功', 'in the notice\'s words');
my ($identity) = grep { $_->{name} eq 'identity' }
    @{ $same->{report}{criteria} };
is($identity->{result}, 'pass', 'and the report says so');

my $other = compared(1, 'person_2.jpg', 'person_1.jpg');
is($other->{state}, 'refused', 'somebody else is refused');
is((grep { $_->{name} eq 'identity' } @{ $other->{report}{criteria} })[0]
    {result}, 'refuse', 'by its report, too');
ok(length $other->{reason}, 'and told why');

is(compared(2, 'person_1.jpg', 'good.jpg')->{state}, 'review',
    'who is alike, and not clearly the same, waits for staff');
is(compared(3, undef, 'good.jpg')->{state}, 'review',
    'as does everybody without a picture of the face');

is_deeply([ $media->alarms ], [], 'the engine is well');
finish();
