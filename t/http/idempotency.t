# Requests with an Idempotency-Key: done once, answered alike however often
# they come, and nothing half done when the first of them failed.

use lib 't/lib';
use Civic::Test;

my $civic = civic(fixtures => ['once']);
my $client = $civic->client;
my $redis = $civic->redis;

# Another nginx of the same fleet: repeats go where the balancer sends them.
my $other = civic(fixtures => ['once'], redis => $redis, start => 0);
system 'cp', '-p', $civic->nginx->keyring, $other->nginx->keyring;
$other->nginx->start;
$other->wait_ready;

my $began = $client->post('/once/session', json => { name => 'somebody' });
my $token = $began->{json}{token};

sub order {
    my ($key, $body, %headers) = @_;
    my $through = delete $headers{through} || $client;

    $headers{'Idempotency-Key'} = $key if defined $key;
    return $through->post('/once/orders', token => $token, json => $body,
        headers => \%headers);
}

is_problem(order(undef, { item => 'a' }), 400, 'idempotency_key_required',
    'a key is asked for');
is_problem(order('two words', { item => 'a' }), 400,
    'idempotency_key_required', 'a key with a space is none');
is_problem(order('x' x 256, { item => 'a' }), 400,
    'idempotency_key_required', 'a key of 256 characters is none');
is_problem(order('k0', {}), 422, 'invalid_fields', 'fields come first');

my $first = order('k1', { item => 'a' });
is($first->{status}, 201, 'the first is done');
is($first->{json}{number}, 1, 'and is number 1');
ok(!$first->{headers}{'idempotent-replay'}, 'it is no replay');

my $again = order('k1', { item => 'a' });
is($again->{status}, 201, 'its repeat is answered alike');
is($again->{content}, $first->{content}, 'to the byte');
is($again->{headers}{'idempotent-replay'}, 'true', 'and says so');

is_problem(order('k1', { item => 'b' }), 409, 'idempotency_key_reused',
    'the same key for something else');
$again = order('k1', { item => 'a' }, through => $other->client);
is($again->{content}, $first->{content}, 'another nginx answers alike');
is($again->{headers}{'idempotent-replay'}, 'true', 'as a repeat');
is(order('k2', { item => 'a' })->{json}{number}, 2, 'another key is another');

is_problem(order('k3', { item => 'c', how => 'refused' }), 409,
    'once_refused', 'a refusal');
is(order('k3', { item => 'c' })->{json}{number}, 3,
    'leaves its key free, since nothing was done');

# A failure on our side after the write.
is_problem(order('k4', { item => 'd' }, 'Civic-Fault' => 1), 500,
    'internal_error', 'a failure after the write');
my $finished = order('k4', { item => 'd' });
is($finished->{status}, 201, 'a repeat finishes it');
is($finished->{json}{number}, 4, 'with what the script had answered');
is(order('k5', { item => 'e' })->{json}{number}, 5, 'it was written once');

# Two at once.
my $child = fork() // die "fork: $!";
if ($child == 0) {
    my $phone = Civic::Client->new(url => $civic->nginx->url);
    my $answer = $phone->post('/once/orders', token => $token,
        json => { item => 'f', how => 'slow' },
        headers => { 'Idempotency-Key' => 'k6' });
    require POSIX;
    POSIX::_exit($answer->{status} == 201 ? 0 : 1);
}
select undef, undef, undef, 0.3;
my $busy = order('k6', { item => 'f', how => 'slow' });
is_problem($busy, 409, 'in_progress', 'one that is still running');
is_problem(order('k6', { item => 'f', how => 'slow' },
    through => $other->client), 409, 'in_progress', 'also elsewhere');
ok($busy->{json}{retry_after} >= 1, 'tells when to ask again');
waitpid $child, 0;
is($? >> 8, 0, 'the first was done');
is(order('k6', { item => 'f', how => 'slow' })->{json}{number}, 6,
    'afterwards the repeat has its reply');

# What is kept tells nothing.
my @records = grep { /:once:/ } $redis->keys('civic:*');
ok(@records >= 5, 'records are kept') or diag("@records");
unlike("@records", qr/k[1-6]\b/, 'under names that hide the keys');
for my $record (@records) {
    my %held = @{ $redis->command('HGETALL', $record) };

    unlike($held{reply} // '', qr/number/, 'a kept reply is sealed');
    cmp_ok($redis->command('TTL', $record), '>', 80_000, 'for a day');
}

finish();
