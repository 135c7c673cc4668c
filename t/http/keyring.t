# A key is replaced while people are logged in: nobody notices, and no worker
# meets a value whose key it lacks.

use lib 't/lib';
use Civic::Test;

use MIME::Base64 qw(decode_base64);

my $civic = civic(people => 1, workers => 2, fixtures => ['probe']);
my $nginx = $civic->nginx;
my $client = $civic->client;
my @who = @{ $civic->person }{qw(id_number password)};

sub keyring {
    return $nginx->civicctl('keyring', @_);
}

sub active {
    return $client->get('/civic/status')->{json}{active_key};
}

# The id of the key that sealed a token: its bytes 2 to 5.
sub key_of {
    my ($token) = @_;

    return unpack 'N', substr decode_base64($token =~ tr{-_}{+/}r), 1, 4;
}

sub holds {
    my ($token, $name) = @_;

    is($client->get('/login/profile', token => $token)->{status}, 200, $name);
    return;
}

my $old = $client->login(@who);
my ($captcha, $answer) = $client->captcha;
my $writer = $client->post('/probe/session', json => { name => 'writer' })
    ->{json}{token};
$client->put('/probe/record', token => $writer, json => { name => 'sealed' });

is(active(), 1, 'the first key');
is(key_of($old), 1, 'seals tokens');
is((stat $nginx->keyring)[2] & 0777, 0600, 'the file is its owner\'s alone');


# ---- add ----

my ($status, $said) = keyring('activate');
is($status != 0, 1, 'there is nothing to activate') or diag($said);
($status, $said) = keyring('rotate');
is($status, 0, 'a key is added') or diag($said);
is((stat $nginx->keyring)[2] & 0777, 0600, 'the file stays as it was');
($status, $said) = keyring('rotate');
is($status, 1, 'not two at once');
is(active(), 1, 'it does not seal yet');

ok(eval { Civic::Process::wait_for('the workers to tell', 12, sub {
    $civic->redis->command('HLEN', 'civic:workers') >= 2 }) },
    'the workers tell what they have');
($status, $said) = keyring('activate');
is($status, 1, 'refused while a worker lacks it');
like($said, qr/worker|reload/, 'and says so');

$nginx->reload;
is(active(), 1, 'after a reload it opens, and does not seal');
holds($old, 'old tokens hold');
is(key_of($client->login(@who)), 1, 'new ones are as the old');

ok(eval { Civic::Process::wait_for('activate', 25, sub {
    ($status, $said) = keyring('activate');
    return $status == 0;
}) }, 'accepted when every worker has it') or diag($said);
$nginx->reload;


# ---- use ----

is(active(), 2, 'the new key seals');
my $new = $client->login(@who);
is(key_of($new), 2, 'new tokens');
holds($old, 'old tokens hold');
holds($new, 'and new ones');
is($client->get('/probe/record', token => $writer)->{json}{name}, 'sealed',
    'what was sealed before is opened');
is($client->post('/login/password', json => { id_number => $who[0],
    password => $who[1], captcha_id => $captcha, captcha_answer => $answer })
    ->{status}, 200, 'a captcha from before is answered');
is($client->try_login(@who)->{status}, 200, 'a person from before logs in');
my $third = $civic->add_person(2);
ok($client->login(@$third{qw(id_number password)}), 'and one from after');

my $forged = substr($new, 0, 1) . 'AAAAAB' . substr $new, 7;
is($client->get('/login/profile', token => $forged)->{status}, 401,
    'the key is part of what is sealed');
($status, $said) = keyring('status');
is($status, 0, 'the status');
like($said, qr/2/, 'names both');
unlike($said, qr/[A-Za-z0-9+\/]{40}/, 'and shows none');

finish();
