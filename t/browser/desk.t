# Those who review, in Chromium: a first login, photos that wait, ticks and
# reasons, by mouse and by keys, two people at once, a lease that ends.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Media;

my $media = Civic::Media->start;
my $people = 5;
my $web = Civic::Browser->new(sandbox => 1, people => $people,
    photo => $media, plugins => ['staff'], fixtures => ['snapper'],
    blobs => 'shared', server => "client_max_body_size 8m;\n");
my $nginx = $web->civic->nginx;
my $client = $web->civic->client;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

$web->change_rules('photo_check',
    'rules.review_lease = 600' => 'rules.review_lease = 30');
for my $name (qw(ann bob)) {
    $nginx->civicctl('staff', 'add', '--name', $name, '--roles', 'reviewer',
        '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");
}
my ($is, $said) = $nginx->civicctl('staff', 'add', '--name', 'new',
    '--roles', 'reviewer');
my ($initial) = $said =~ /^initial password: (\S{16})$/m;
ok($initial, 'somebody new') or diag($said);

for my $n (0 .. $people - 1) {
    my $number = $web->civic->person($n)->{id_number};
    my $answer = $client->post("/snapper/photos?name=$number&id="
        . sprintf('%021dA', $n) . '&state=review',
        body => photo($n % 2 ? 'good.jpg' : 'person_1.jpg'),
        type => 'image/jpeg');

    is($answer->{status}, 201, "photo $n") or diag($answer->{content});
}

$web->run('desk.js', secret => $secret, initial => $initial,
    photos_waiting => $people);
finish();
