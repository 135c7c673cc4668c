# A photo in Chromium: all that is wrong with it at once, the tool that mends
# it, the wait for somebody who compares it, 上传通过.

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Media;
use Civic::Nginx;

my $media = Civic::Media->start(faces => Civic::Media::has_models());
my $web = Civic::Browser->new(sandbox => 1, people => 2, photo => $media,
    plugins => ['staff'], blobs => 'shared',
    server => "client_max_body_size 8m;\n");
my $nginx = $web->civic->nginx;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

# Those who work on the photos that wait: their jobs come round by themselves,
# here as often as a test wants.
$nginx->civicctl('staff', 'add', '--name', 'desk', '--roles', 'reviewer',
    '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");
chomp(my $totp = $nginx->civicctl('staff', 'code', '--secret', $secret));
my $desk = $web->civic->client->post('/staff/sessions', json => {
    name => 'desk', password => 'Upper-Floor-2026', totp => $totp });
is($desk->{status}, 200, 'a reviewer') or diag($desk->{content});

$web->run('photo.js', photos => Civic::Nginx::build() . '/photos',
    desk => $desk->{json}{token},
    faces => Civic::Media::has_models() ? JSON::PP::true : JSON::PP::false);
is_deeply([ $media->alarms ], [], 'the engine is well');
finish();
