# From each login to 身份认证完成 in Chromium: on the page and on the phone.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1, people => 1);

$web->run('journeys.js', sandbox => [ Civic::Sandbox::people() ]);
finish();
