# 账户登录 in Chromium: with the keyboard alone, with everything wrong, with
# the captcha read out; on both names of this machine, at 320 px, in English.
# Then the pages' client of the API on a network that fails.

use lib 't/lib';
use Civic::Test;

use Civic::Browser;

my $web = Civic::Browser->new(people => 3,
    web => { telephone => '0971-0000000' });

$web->run('account.js');
$web->run('client.js');
finish();
