# The plugin "alipay" with other keys, other ways to the gateway, and
# certificates: what is said, and what an operator finds in the log.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();

use Civic::Sandbox;

my $json = JSON::PP->new->utf8->canonical;
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $query = 'alipay.user.certify.open.query';
my $begin = 'alipay.user.certify.open.initialize';
my ($redis, $client);

# What the gateway says of an attempt that there is none of.
my $known = 'refused none 40004';

# A server with options of its own, which is asked from now on.
sub with {
    my (%arg) = @_;
    my $other = civic($sandbox->with_alipay(plugins => [], %arg,
        fixtures => ['asker'], ($redis ? (redis => $redis) : ())));

    $redis = $other->redis;
    $client = $other->client;
    return $other->nginx;
}

sub call {
    my ($method, %in) = @_;

    return $client->post('/asker/calls/alipay.call', type => 'application/json',
        body => $json->encode({ method => $method, %in }))->{json}{out} || {};
}

sub state_of {
    return call($query, business => { certify_id => '0' x 32 }, safe => \1,
        @_);
}

sub attempt {
    return call($begin, business => {
        outer_order_no => 'order' . int(rand 1e9), biz_code => 'FACE',
        identity_param => { identity_type => 'CERT_INFO',
            cert_type => 'IDENTITY_CARD', cert_name => '张伟',
            cert_no => '630105199003079996' },
        merchant_config => { return_url => '' } });
}

# "outcome advice code": what callers decide by.
sub said {
    my ($out) = @_;

    return join ' ', map { $out->{$_} // 'none' } qw(outcome advice code);
}

sub counter {
    my ($name) = @_;
    my $text = $client->get('/civic/metrics')->{content};

    return $text =~ /^civic_alipay_${name}_total (\d+)$/m ? $1 : 'none';
}

# ---- wrong keys ----

$sandbox->key('other');
my $server = with(alipay => [ 'private_key=' . $sandbox->path('other.pem') ]);
is(said(state_of()), 'refused repair 40002', 'another key than in the console');
ok($server->log_has(qr/\[error\].*alipay\ refused\ our\ signature\ of
    \ \Q$query\E.*the\ gateway\ signed\ the\ same\ text/x),
    'the log says which side is to be looked at');
is(counter('requests_unverified'), 1, 'counted');
$server->stop;

$server = with(alipay => [ 'public_key=' . $sandbox->path('other.pub') ]);
is(said(state_of()), 'not_ours repair ', 'another key than Alipay\'s');
ok($server->log_has(qr/\[error\].*not made by the key that we have/),
    'the log says so');
$server->stop;

$server = with(alipay => ['app_id=2021000000000009']);
is(said(state_of()), 'refused repair 40002', 'an app that is not known');
$server->stop;


# ---- the provider is down ----

$server = with(upstreams => { alipay => Civic::Process::port() });
is(said(state_of()), 'not_sent none ', 'nobody listens');
is(said(attempt()), 'not_sent none ', 'also for what changes something');
is(counter('not_sent'), 2, 'counted');
$server->stop;

$server = with(alipay => ['upstream=nobody']);
is(said(state_of()), 'not_sent repair ', 'no such upstream');
ok($server->log_has(qr/no upstream of that name/), 'the log says so');
$server->stop;


# ---- certificates ----

for my $theirs (qw(gateway next)) {
    $server = with(certificates => $theirs);
    ok($server->log_has(qr/alipay: certificate mode/), "signed with $theirs");
    is(said(state_of()), $known, 'a query');
    is(said(state_of(encrypt => \1)), $known, 'encrypted');
    is(attempt()->{outcome}, 'done', 'a change');
    is(counter('certificates'), $theirs eq 'next' ? 1 : 0,
        'downloaded once if it is new');
    $server->stop if $theirs eq 'gateway';
}
ok($server->log_has(qr/\[info\].*was downloaded and chains to the roots/),
    'the log says so');
$server->reload;
$client = Civic::Client->new(url => $server->url);

$sandbox->fault($client, 'alipay.open.app.alipaycert.download', 'http_500',
    count => 2);
is(said(state_of()), 'not_ours certificate ', 'it cannot be had');
ok($server->log_has(qr/\[error\].*which cannot be had/), 'the log says so');
is(said(state_of()), 'not_ours certificate ', 'nor is it asked for again');
is(counter('certificates_failed'), 1, 'within a minute');
$server->stop;

finish();
