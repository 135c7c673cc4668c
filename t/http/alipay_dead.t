# An Alipay that is configured and cannot work: a key that the workers' user
# cannot read, an upstream that nobody serves.  Citizens are told to come
# again, and not that there is no such way; doctor names the file and the
# upstream.

use lib 't/lib';
use Civic::Test;
use Civic::Sandbox;

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $civic = civic($sandbox->with_alipay(
    plugins => [ 'login', 'civic push_upstream=messages' ],
    allow => qr/did not start and answers 503|there is no upstream/),
    start => 0);
my $nginx = $civic->nginx;
my $key = $sandbox->path('app.pem');

plan(skip_all => 'workers of another user need root')
    if $> != 0 || Civic::Nginx::asan();

my ($status, $said) = $nginx->civicctl('doctor');
like($said, qr/ok.*alipay: user "\S+" can read \Q$key\E \(private_key\)\n/,
    'a key that can be read');
like($said, qr/FAIL.*civic: push_upstream names the upstream "messages", and /,
    'an upstream without a location');
unlike($said, qr/upstream "alipay", and/, 'but Alipay has one');
unlike($said, qr/upstream "card", and/, 'and the card is not used');

chown 0, 0, $key or die $!;
chmod 0600, $key or die $!;
($status, $said) = $nginx->civicctl('doctor');
is($status, 1, 'a key of root\'s alone is a problem');
like($said,
    qr/FAIL.*alipay: user "\S+" cannot read \Q$key\E \(private_key\): Perm/,
    'which names file and user');

$nginx->start;
my $client = $civic->client;
my $answer = $client->post('/login/alipay', json => { auth_code => 'x' });
is($answer->{status}, 503, 'a login is not possible now');
is($answer->{json}{code}, 'plugin_unavailable', 'and not "never"');

finish();
