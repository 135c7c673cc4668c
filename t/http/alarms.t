# What operators must know at once: each alarm is raised by what it is about,
# stands in status and metrics with its reason, is one line in the log, and
# goes when its cause has gone.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Outbound;

my @codes = qw(redis_down redis_memory redis_policy redis_durability
    replica_lag key_age rules_broken plugin_not_started clock_moved
    blobs_folder blob_damaged audit_trail provider_errors);

my $up = upstream();
my $dead = Civic::Process::port();
my $internal = internal({ bank => $up->{port}, dead => $dead });
my $civic = civic(plugins => [ 'login', 'hello' ], workers => 2,
    fixtures => ['outbound'], http => $internal,
    redis_set => { appendfsync => 'always' });
my $nginx = $civic->nginx;
my $store = $civic->redis;
my $client = $civic->client;

# { code => { since, detail } } of whichever worker answers.
sub alarms {
    my $status = $civic->client->get('/civic/status')->{json};

    return { map { $_->{code} => $_ } @{ $status->{alarms} } };
}

sub metric {
    my ($code) = @_;
    my $text = $client->get('/civic/metrics')->{content};

    return $text =~ /^civic_alarm\{code="\Q$code\E"\} (\d)$/m ? $1 : 'none';
}

# Waits a round (10 s) at most.
sub raised {
    my ($code, $pattern, $name) = @_;
    my $alarm;

    $nginx->log_mark;
    ok(eval { Civic::Process::wait_for($code, 14, sub {
        $alarm = alarms()->{$code};
        sleep 0.1;
        return $alarm && $alarm->{detail} =~ $pattern;
    }) }, "$code is raised: $name") or diag(explain(alarms()));
    like($alarm->{since} // '', qr/^20\d\d-.*\+08:00$/, 'and says since when');
    is(metric($code), 1, 'in the metrics');
    return;
}

sub cleared {
    my ($code) = @_;

    ok(eval { Civic::Process::wait_for("$code to go", 14, sub {
        sleep 0.1;
        return !alarms()->{$code};
    }) }, "$code is cleared") or diag(explain(alarms()));
    is(metric($code), 0, 'in the metrics');
    return;
}

sub config {
    my ($name, $value) = @_;

    $store->command_on($_, qw(CONFIG SET), $name, $value)
        for 0 .. $store->nodes - 1;
    return;
}


# ---- at first ----

sleep 4;
is_deeply(alarms(), {}, 'no alarm without a reason') or diag(explain(alarms()));
is(metric($_), 0, "civic_alarm of $_") for @codes;


# ---- Redis ----

my $node = $store->nodes - 1;    # the last: each is asked
$store->command_on($node, qw(CONFIG SET maxmemory 900mb));
$store->command_on($node, qw(CONFIG SET maxmemory-policy allkeys-lru));
$store->command_on($node, qw(CONFIG SET appendfsync everysec));
my $port = $store->port($node);
raised('redis_policy', qr/^127\.0\.0\.1:$port has maxmemory-policy allkeys-lru$/,
    'it names the node');
raised('redis_durability', qr/:$port has appendfsync everysec$/, 'everysec');
my $since = alarms()->{redis_policy}{since};
config('appendfsync', 'always');
$store->command_on($node, qw(CONFIG SET appendonly no));
raised('redis_durability', qr/:$port has appendonly no$/, 'no file');
is(alarms()->{redis_policy}{since}, $since, 'it stays the same alarm');

# Rounds are ten seconds apart: from here on one is for several things, or
# begins with a reload.
config('maxmemory-policy', 'noeviction');
config('appendonly', 'yes');
my ($used) = $store->command_on($node, qw(INFO memory))
    =~ /^used_memory:(\d+)/m;
$store->command_on($node, qw(CONFIG SET maxmemory), int($used / 0.9));
$nginx->reload;
raised('redis_memory', qr/:$port uses \d+ % of its maxmemory/, 'nearly full');
cleared('redis_policy');
cleared('redis_durability');
like($nginx->log_text, qr/alarm redis_memory is raised: \S+ uses/,
    'the log has it');
my $lines = () = $nginx->log_text =~ /alarm redis_memory is raised/g;
is($lines, 1, 'once');
config('maxmemory', 0);             # looked at after the clocks


# ---- rules, clocks ----

my $rules = $nginx->rules . '/hello.lua';
open my $file, '<', $rules or die;
my $good = do { local $/; <$file> };
close $file;

sub put_rules {
    my ($text) = @_;

    open my $out, '>', "$rules.new" or die;
    print {$out} $text;
    close $out;
    rename "$rules.new", $rules or die;
    return;
}

put_rules("return {\n");
raised('rules_broken', qr/^the rule file of "hello" is broken$/, 'a bad file');
put_rules($good);
cleared('rules_broken');

$nginx->civicctl(qw(clock offset +3d));
raised('clock_moved', qr/real time \+2592\d\d s/, 'three days on');
$nginx->civicctl(qw(clock set 2026-03-09T08:30:00+08:00 --hold));
raised('clock_moved', qr/stands still at 2026-03-09T08:30:00\+08:00/, 'held');
$nginx->civicctl(qw(clock reset));
cleared('clock_moved');

cleared('redis_memory');
ok($nginx->log_has(qr/alarm redis_memory is cleared after \d+ s/, 2),
    'the log has that too');


# ---- providers: the window of a minute is t/unit/core/outcomes_test's ----

sub call {
    my ($upstream, $path, $times) = @_;

    ask($civic, upstream => $upstream, path => $path, timeout => 2000)
        for 1 .. $times;
    return;
}

call('dead', '/ok', 4);
call('bank', '/ok', 5);
call('bank', '/status/404', 5);
sleep 2.2;
is(alarms()->{provider_errors}, undef, 'four failures may happen');
call('dead', '/ok', 1);
raised('provider_errors', qr/^"dead" failed 5 of 5 calls in a minute$/,
    'the fifth, at a provider that is not there');
call('bank', '/status/500', 9);
sleep 2.2;
is(alarms()->{provider_errors}{detail},
    '"dead" failed 5 of 5 calls in a minute', 'less than half may fail');
call('bank', '/close', 1);
raised('provider_errors', qr/"bank" failed 10 of 20 calls in a minute$/,
    'half of them');
$since = alarms()->{provider_errors}{since};
$nginx->reload;
sleep 3.2;
is(alarms()->{provider_errors}{since}, $since, 'a reload does not forget it');
upstream(port => $dead);
call('dead', '/ok', 6);
raised('provider_errors', qr/^"bank" failed 10 of 20/, 'one is well again');
call('bank', '/ok', 1);
cleared('provider_errors');


# ---- Redis away ----

if ($store->form eq 'single') {
    $store->stop(0);
    raised('redis_down', qr/2 of 2 workers reach no Redis/, 'gone');
    is(alarms()->{redis_memory}, undef, 'what cannot be asked is no alarm');
    $store->run(0);
    cleared('redis_down');

    # A replica that is wanted and is not there, then one that is.
    $nginx->write_conf(http => "$internal\ncivic_redis_wait 1;\n");
    $nginx->reload;
    raised('replica_lag', qr/has 0 good replicas, civic_redis_wait is 1/,
        'none');
    my $second = Civic::Redis->start(form => 'single');
    $second->command(qw(REPLICAOF 127.0.0.1), $store->port);
    Civic::Process::wait_for('the replica', 10, sub {
        $second->command(qw(INFO replication)) =~ /master_link_status:up/;
    });
    $nginx->reload;
    cleared('replica_lag');
    $second->command(qw(REPLICAOF NO ONE));
    raised('replica_lag', qr/has 0 good replicas/, 'gone again');
    $nginx->write_conf(http => $internal);
} else {
    $store->stop_migrating;
    $store->stop($node, 'KILL');
    raised('redis_down', qr/^127\.0\.0\.1:$port cannot be reached$/,
        'one node of three');
    $store->run($node);
    $store->wait_ready;
    cleared('redis_down');
}


# ---- production, an old key, a plugin that does not start ----

sub age_key {
    my ($year) = @_;

    open my $in, '<', $nginx->keyring or die;
    my $text = do { local $/; <$in> };
    close $in;
    $text =~ s/("created_at": ")\d{4}/$1$year/;
    open my $out, '>', $nginx->keyring or die;
    print {$out} $text;
    close $out;
    return;
}

$nginx->allow(qr/"init_fails" did not start/);
my $this_year = (localtime)[5] + 1900;
my $fixture = Civic::Nginx::build() . '/t/plugin/fixtures/init_fails.so';
my @plugins = @{ $nginx->{plugins} };
age_key($this_year - 2);
$nginx->write_conf(environment => 'production',
    plugins => [ @plugins, $fixture ]);
$nginx->reload;
raised('plugin_not_started', qr/^"init_fails" did not start$/, 'a plugin');
raised('key_age', qr/^key 1 is \d{3} days old$/, 'an old key');
raised('redis_memory', qr/has no maxmemory/, 'no bound in production');
age_key($this_year);
config('maxmemory', '512mb');
$nginx->reload;
cleared('key_age');
ok(alarms()->{plugin_not_started}, 'a reload keeps what is still so');
cleared('redis_memory');

finish();
