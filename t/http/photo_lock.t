# The photo that reviewers see stays the one of the application: another one is
# taken before it is submitted and after it is withdrawn, and not between.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;

my $exam = 'locked-2026';
my $civic = civic(plugins => [ 'login', 'civic', 'exam', 'review',
        'photo_check' ], people => 1, fixtures => ['snapper'],
    blobs => 'shared', server => "client_max_body_size 8m;\n",
    http => internal({ media => Civic::Process::port() }));
my $client = $civic->client;
my $person = $civic->person(0);
my $token = $client->login(@$person{qw(id_number password)});
my $path = "/review/applications/$exam";
my $key = 0;

my ($rc, $text) = $civic->nginx->civicctl('exam', 'load',
    Civic::Exam::write(Civic::Process::folder(), Civic::Exam::file(
        exam_id => $exam, photo_profile => 'default',
        form => [ { name => 'phone', type => 'phone',
            label => { zh => '手机' } } ],
        positions => [ { code => 'P1', name => { zh => '科员' },
            unit => { zh => '人社厅' }, places => 1, conditions => [] } ])));
is($rc, 0, 'an exam') or diag($text);

my $finished = sprintf '%021dA', 1;
is($client->post("/snapper/photos?name=$person->{id_number}&id=$finished"
    . '&state=finished', body => "\xff\xd8\xff\xe0 a photo" x 9000,
    type => 'image/jpeg')->{status}, 201, 'a photo that is finished');

# No engine is there: what is taken waits as it came.
sub upload {
    return $client->post('/photo-check/photos', token => $token,
        body => Civic::Media::photo('good.jpg'),
        type => 'image/jpeg',
        headers => { 'Idempotency-Key' => 'u' . $key++ });
}

sub current {
    return $client->get('/photo-check/photos/current', token => $token)
        ->{json}{photo_id};
}

my $saved = $client->request('PATCH', $path, token => $token,
    json => { version => 0, position => 'P1',
        answers => [ { field => 'phone', value => '13897460001' } ] });
my $sent = $client->post("$path/submit", token => $token,
    headers => { 'Idempotency-Key' => 's' },
    json => { version => $saved->{json}{version}, declaration => \1 });
is($sent->{json}{state}, 'submitted', 'submitted with it')
    or diag($saved->{content}, $sent->{content});

my $answer = upload();
is_problem($answer, 409, 'photo_locked', 'another one is not taken');
like($answer->{json}{detail}, qr/^报名审核期间和审核通过后不能更换照片。/,
    'and it is said why');
is(current(), $finished, 'the photo is as it was');

is($client->post("$path/withdraw", token => $token,
    json => { version => $sent->{json}{version} })->{status}, 200,
    'withdrawn');
$answer = upload();
is($answer->{status}, 201, 'another one is taken') or diag($answer->{content});
is(current(), $answer->{json}{photo_id}, 'and counts');

finish();
