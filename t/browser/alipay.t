# 支付宝扫码登录 in Chromium: a page, and the sandbox phone that scans its code.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;

my $web = Civic::Browser->new(sandbox => 1);

$web->run('alipay.js');

# Codes that are replaced after a second, and over after twelve: time enough to
# scan the first one on a slow machine.
$web->change_rules('login', 'qr_life = 120' => 'qr_life = 12',
    'qr_refresh_in = 115' => 'qr_refresh_in = 1',
    'life = 120, refresh_in = 115' => 'life = 12, refresh_in = 1');
$web->run('codes.js');
finish();
