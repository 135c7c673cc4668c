# 电子社保卡扫码登录 in Chromium: to the card's issuer and back, with all that
# the holder can do there.

use lib 't/lib';
use Civic::Test;

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1);

$web->run('card.js');
finish();
