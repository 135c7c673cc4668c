# 离线码核验 in Chromium: keys and list are fetched once, then the network is
# gone, and the page still opens, and tells genuine from revoked, expired and
# forged.

use lib 't/lib';
use Civic::Test;
use Civic::Process;

use Digest::SHA qw(sha256_hex);
use Time::HiRes qw(sleep time);

use Civic::Browser;

my $folder = Civic::Process::folder();

for my $name (qw(paper stranger)) {
    system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
        . "-out $folder/$name.pem 2>/dev/null; chmod 644 $folder/$name.pem");
}

my $web = Civic::Browser->new(plugins => [
    "kinship signing_key=$folder/paper.pem issuer=city.example" ],
    allow => qr/kinship: name and number cannot be compared/);
my $civic = $web->civic;
my $gone = 'aa' x 16;           # the id of a code that was revoked

$civic->redis->command('ZADD', 'civic:{kinship}:revoked', 0,
    substr(sha256_hex(pack 'H*', $gone), 0, 16) . ' ' . (time + 6e5 | 0));
$civic->redis->command('HINCRBY', 'civic:{kinship}:list', 'changes', 1);

my ($done, $list) = (time + 30);
do {
    sleep 0.1;
    $list = $civic->client->get('/kinship/revocations');
} until (($list->{json}{count} || 0) == 1 || time > $done);
is($list->{json}{count}, 1, 'a job has made the list');

$web->run('verify.js', signing => "$folder/paper.pem",
    stranger => "$folder/stranger.pem", gone => $gone,
    vectors => Civic::Process::ROOT . '/t/vectors/paper-codes.json');
finish();
