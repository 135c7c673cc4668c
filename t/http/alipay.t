# The plugin "alipay" as others see it: its calls against the sandbox' gateway
# in the same nginx, over the shipped internal server, signatures and all.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Time::HiRes qw(time);

use Civic::Sandbox;

my $json = JSON::PP->new->utf8->canonical;
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $picture = 'a face of 225 kilobytes ' x 9600;
$sandbox->put('face.jpg', $picture);
my $civic = civic($sandbox->with_alipay(plugins => [], workers => 1,
    sandbox => [ 'user_identity=true',
        'face_picture=' . $sandbox->path('face.jpg') ],
    fixtures => ['asker']));
my $client = $civic->client;
my $nginx = $civic->nginx;

my $token = 'alipay.system.oauth.token';
my $open = 'alipay.user.certify.open';

# What a call gives: { result, out }.
sub asked {
    my ($name, $in, %arg) = @_;
    my $answer = ($arg{client} || $client)->post(
        '/asker/' . ($arg{route} || 'calls') . "/$name",
        body => $json->encode($in || {}), type => 'application/json');

    return ref $answer->{json} eq 'HASH' ? $answer->{json}
        : { result => 'none', answer => $answer };
}

sub call {
    my ($method, %in) = @_;
    my $as = delete $in{client};

    return asked('alipay.call', { method => $method, %in }, client => $as)
        ->{out} || {};
}

# "outcome advice code": what callers decide by.
sub said {
    my ($out) = @_;

    return join ' ', map { $out->{$_} // 'none' } qw(outcome advice code);
}

# Runs it in a process of its own; the sub that is returned waits for what
# it gives.
sub meanwhile {
    my ($code) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!";

    if (!$pid) {
        syswrite STDOUT, $json->encode([ $code->() ]);
        POSIX::_exit(0);
    }
    return sub {
        local $/;
        return @{ $json->decode(scalar <$from>) };
    };
}

sub counter {
    my ($name) = @_;
    my $text = $client->get('/civic/metrics')->{content};

    return $text =~ /^civic_alipay_${name}_total (\d+)$/m ? $1 : 'none';
}


# ---- good days ----

my %exchange = (extras => { grant_type => 'authorization_code' },
    success_member => 'access_token');

sub exchange {
    my (%more) = @_;
    my $code = $sandbox->auth_code($client, 'zhang', 'auth_user');

    return call($token, %exchange, extras => { %{ $exchange{extras} },
        code => $code }, %more);
}

my $out = exchange();
is($out->{outcome}, 'done', 'a code is exchanged');
is($out->{node}{open_id}, 'open-zhang', 'for who it is');
is($out->{advice}, 'none', 'nothing is to be done');
is_deeply([ sort keys %$out ], [qw(advice code node outcome sub_code)],
    'and nothing else');

my $info = call('alipay.user.info.share',
    auth_token => $out->{node}{access_token});
is($info->{outcome}, 'done', 'and a token gives');
is($info->{node}{user_name}, "\x{5f20}\x{4f1f}", 'a name');

is_deeply(asked('alipay.app')->{out}, { app_id => Civic::Sandbox::APP,
    mini_app_id => Civic::Sandbox::APP, face_picture => JSON::PP::false,
    user_info => JSON::PP::false }, 'what the app is');

my %identity = (identity_type => 'CERT_INFO', cert_type => 'IDENTITY_CARD',
    cert_name => '张伟', cert_no => '630105199003079996');

sub attempt {
    my (%more) = @_;

    return call("$open.initialize", business => {
        outer_order_no => 'order' . int(rand 1e9), biz_code => 'FACE',
        identity_param => \%identity, merchant_config => { return_url => '' },
    }, %more);
}

$out = attempt();
is($out->{outcome}, 'done', 'a face check begins');
my $id = $out->{node}{certify_id};

my $page = asked('alipay.page', { method => "$open.certify",
    business => { certify_id => $id }, return_url => 'https://a.example/' });
like($page->{out}{url}, qr{^\Q@{[ $nginx->url ]}\E/sandbox/alipay/gateway\.do
    \?.*&sign=}x, 'the URL of its page');
my $answer = $client->get($page->{out}{url} =~ s{^http://[^/]+}{}r);
is($answer->{status}, 302, 'is genuine');
is($answer->{headers}{location}, "../phone/certify/$id", 'and leads there');

sub state_of {
    my (%more) = @_;

    return call("$open.query", business => { certify_id => $id },
        safe => \1, %more);
}

is(state_of()->{node}{passed}, 'F', 'not passed yet');
$sandbox->decide($client, $id, result => 'pass');
is(state_of()->{node}{passed}, 'T', 'passed');
is(state_of(encrypt => \1)->{node}{passed}, 'T', 'encrypted, too');


# ---- what is large ----

# a contrast picture goes out, and a face comes in
my %large = (outer_order_no => 'large1', biz_code => 'FACE',
    identity_param => \%identity, face_contrast_picture => 'A' x 1_000_000,
    merchant_config => { return_url => '', out_put_facial_picture => \1 });
my $face = call("$open.initialize", business => \%large)->{node}{certify_id};
$sandbox->decide($client, $face, result => 'pass');

my %query = (business => { certify_id => $face }, safe => \1);
is(said(call("$open.query", %query)), 'unknown ask ',
    'more than was said comes: it was done, nobody knows what');
$out = call("$open.query", %query, max_reply => 1_000_000);
is($out->{outcome}, 'done', 'as much as was said');
is($json->decode($out->{node}{material_info} // '{}')->{FACE},
    encode_base64($picture, ''), 'all of it');


# ---- every fault of docs/sandbox.md ----

# fault, its options, what is said, a line of the log
my @faults = (
    [ timeout => { delay_ms => 1500 }, 'unknown ask ', qr/"alipay" failed/ ],
    [ timeout => { delay_ms => 1 }, 'unknown ask ', qr/HTTP status 504/ ],
    [ timeout_before => { delay_ms => 1500 }, 'unknown ask ' ],
    [ slow => { delay_ms => 200 }, 'done none 10000' ],
    [ code_20000 => {}, 'unknown ask 20000', qr/\[warn\].*code "20000"/ ],
    [ code_20000_done => {}, 'unknown ask 20000' ],
    [ wrong_signature => {}, 'not_ours repair ',
        qr/\[error\].*nobody vouches for alipay's answer.*\(wrong\)/ ],
    [ unsigned_success => {}, 'not_ours ask 10000',
        qr/\[error\].*nobody vouches .*not signed/ ],
    [ error_20001 => {}, 'refused authorise 20001', qr/\[info\].*"20001"/ ],
    [ error_40001 => {}, 'refused repair 40001', qr/\[error\].*"40001"/ ],
    [ error_40002 => {}, 'refused repair 40002' ],
    [ error_40004 => {}, 'unknown ask 40004' ],
    [ error_40004 => { sub_code => 'ACQ.TRADE_NOT_EXIST' },
        'refused none 40004', qr/\[info\].*"ACQ.TRADE_NOT_EXIST"/ ],
    [ error_40005 => {}, 'refused wait 40005' ],
    [ error_40006 => {}, 'refused repair 40006', qr/\[error\].*"40006"/ ],
    [ http_500 => {}, 'unknown ask ', qr/\[warn\].*HTTP status 500/ ],
    [ malformed => {}, 'not_ours ask ', qr/\[error\].*nobody vouches/ ],
);

for my $case (@faults) {
    my ($fault, $more, $expected, $line) = @$case;

    $sandbox->fault($client, "$open.query", $fault, %$more);
    $nginx->log_mark;
    $out = call("$open.query", business => { certify_id => $id },
        timeout => 700);
    is(said($out), $expected, "$fault " . join ' ', %$more);
    is_deeply([ sort keys %{ $out->{node} } ], $expected =~ /^done/
        ? [qw(code msg passed)] : $expected =~ / 200| 400/
        ? [qw(code msg sub_code sub_msg)] : [], 'what was verified');
    ok(!$line || $nginx->log_has($line), 'its line');
}
$client->get('/civic/live') for 1 .. 2;         # the late answers are over
is(state_of()->{node}{passed}, 'T', 'and then it works again');

# one that may be sent twice is
$sandbox->fault($client, "$open.query", 'timeout_before', delay_ms => 0,
    count => 1);
is(state_of()->{outcome}, 'unknown', 'an answer of 504 is an answer');

# where success has no code
$sandbox->fault($client, $token, 'unsigned_success');
is(said(exchange()), 'not_ours ask ', 'nobody signed the token');
is(said(call($token, %exchange, extras => { %{ $exchange{extras} },
    code => 'old' })), 'refused authorise 40002', 'a code that is none');
like($nginx->log_text, qr/\[info\].*isv\.code-invalid/, 'is told, softly');


# ---- bugs of callers ----

for my $in ({}, { method => '' }, { method => 7 }, { method => 'a b' },
    { method => 'm', business => 'text' }, { method => 'm', extras => [] },
    { method => 'm', extras => { a => 1 } }, { method => 'm', safe => 1 },
    { method => 'm', timeout => 0 }, { method => 'm', timeout => 60001 },
    { method => 'm', max_reply => 5_000_000 }, { method => 'm', mehtod => 1 },
    { method => 'm', auth_token => 5 }, { method => 'm', encrypt => \1 },
    { method => 'm', extras => { app_id => '1' } }) {
    $nginx->log_mark;
    is(asked('alipay.call', $in)->{result}, -2, $json->encode($in));
    ok($nginx->log_has(qr/\[error\].*(a bug of the plugin|cannot be made)/),
        'the log says so');
}
is(asked('alipay.page', { method => 'm', safe => \1 })->{result}, -2,
    'a page is sent by others');
is(asked('alipay.notification', {})->{result}, -2, 'no form');


# ---- the loop is nobody's ----

$sandbox->fault($client, "$open.query", 'slow', delay_ms => 2500);
my $slow = meanwhile(sub {
    return state_of(client => $civic->client);
});
my $worst = 0;
select undef, undef, undef, 0.3;
for (1 .. 40) {
    my $began = time;
    $client->get('/civic/live');
    $worst = $worst > time - $began ? $worst : time - $began;
}
cmp_ok($worst, '<', 1.2, 'a slow gateway holds nobody');
is(($slow->())[0]{outcome}, 'done', 'and its answer counts');

# a request whose time is over: nothing is lost or leaked
$sandbox->fault($client, "$open.query", 'slow', delay_ms => 1000);
is(asked('alipay.call', { method => "$open.query", safe => \1,
    business => { certify_id => $id } }, route => 'hurried')->{code},
    'gateway_timeout', 'who has no time is told');


# ---- a reload ----

$sandbox->fault($client, "$open.query", 'slow', delay_ms => 1000);
$slow = meanwhile(sub { return state_of(client => $civic->client) });
select undef, undef, undef, 0.3;
$nginx->reload(gently => 1);
$client = $civic->client;
is(state_of()->{outcome}, 'done', 'new workers call');
is(($slow->())[0]{outcome}, 'done', 'old ones finish their calls');

# the console and this machine get new keys
my ($old, $gateway) = map { counter($_) } qw(done refused);
$sandbox->key($_) for qw(app gateway);
$nginx->reload;
$client = $civic->client;
is(state_of()->{outcome}, 'done', 'with new keys');
cmp_ok(counter('done'), '>', $old, 'counters go on');
cmp_ok(counter($_), '>', 0, $_) for qw(refused unknown not_ours
    answers_unverified pages);
is(counter('not_sent'), 0, 'everything was sent');

$nginx->log_mark;
unlike($nginx->log_text, qr/open-zhang|630105199003079996/, 'nobody is named');

finish();
