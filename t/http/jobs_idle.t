# What jobs ask of Redis when there is nothing to do, with all plugins and two
# workers; and that who rests begins at once when there is.
#
# tiers: http cluster
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;
use Time::HiRes qw(sleep time);

my $key = Civic::Process::folder() . '/ticket.pem';
system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");
my $civic = civic(Civic::Sandbox->new(Civic::Process::folder())->with_alipay(
    plugins => [ 'login', 'civic', 'staff', 'hello', 'sampling', 'exam',
        'review', 'payment seller_id=2088000000009999 '
            . 'notify_url=https://a.example/payment/alipay/notifications',
        'face_auth', 'photo_check', "ticket signing_key=$key",
        "kinship signing_key=$key issuer=city.example" ],
    allow => qr/kinship: name and number cannot be compared/,
    workers => 2, fixtures => ['collector']));
my $redis = $civic->redis;
my $client = $civic->client;
my $cluster = $redis->form eq 'cluster';

sub wait_for { return Civic::Process::wait_for(@_) }

sub commands {
    my %calls;

    for my $i (0 .. $redis->nodes - 1) {
        my $text = $redis->command_on($i, 'INFO', 'commandstats');

        $calls{$1} += $2 while $text =~ /^cmdstat_(\S+?):calls=(\d+)/mg;
    }
    return \%calls;
}

$redis->stop_migrating if $cluster;


# ---- nothing to do ----

# Every shard has run once, and those that rest do.
my @status;
ok(eval { wait_for('all shards', 60, sub {
    @status = map { @{ $_->{shards} } }
        @{ $client->get('/civic/status')->{json}{jobs} };
    !grep { !$_->{last_end} } @status;
}) }, 'each shard of each job has run');
cmp_ok(scalar @status, '>', 400, scalar(@status) . ' shards');
sleep 10;

# Longer than a rest: each shard has its turn.
my $seconds = 60;
my $before = commands();
sleep $seconds;
my $after = commands();
my %sent = map { $_ => ($after->{$_} - ($before->{$_} // 0)) / $seconds }
    keys %$after;
my $sum = 0;
$sum += $_ for values %sent;

# On a Cluster the walks over all persons go on for minutes, slot by slot.
my $walks = ($sent{'cluster|getkeysinslot'} // 0) + ($sent{exists} // 0);
my $most = join ', ', map { sprintf '%s %.0f', $_, $sent{$_} }
    grep { $sent{$_} >= 1 } sort { $sent{$b} <=> $sent{$a} } keys %sent;
my $looks = $sent{xlen};    # by a script, hundreds at once

diag(sprintf '%.0f commands a second: %s', $sum, $most) if $ENV{CIVIC_SHOW};
cmp_ok($sum - $looks - $walks, '<', 250, 'few commands a second') or diag($most);

# 16 names' outboxes, once in a round of 50 s.
cmp_ok($looks, '<', 17 * ($cluster ? 16_384 : 256) / 45,
    'and each outbox looked at once a round');
cmp_ok($sent{xrange} // 0, '<', $looks / 10,
    'and read only if it is not empty');
cmp_ok($looks, '>', 12 * ($cluster ? 16_384 : 256) / 60, 'but it is');


# ---- something to do ----

# The slowest of ten: what is posted is noted after 200 ms, then it is called.
my $slowest = 0;
for my $n (1 .. 10) {
    sleep 2;    # its last run has ended, and found the outbox empty
    my $began = time;
    is($client->post('/collector/letters', json => { text => "idle$n" })
        ->{status}, 204, "letter $n");
    wait_for("letter $n", 60, sub {
        $redis->command('HGET', 'civic:collector:letters', "idle$n") });
    my $took = time - $began;
    $slowest = $took if $took > $slowest;
}
cmp_ok($slowest, '<', 4, sprintf 'begun within %.1f s', $slowest);

finish();
