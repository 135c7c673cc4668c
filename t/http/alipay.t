# The plugin "alipay" as others see it: its calls against the sandbox' gateway
# in the same nginx, over the shipped internal server, signatures and all.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();
use Time::HiRes qw(time);

use Civic::Sandbox;

my $json = JSON::PP->new->utf8->canonical;
my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $civic = civic($sandbox->with_alipay(plugins => [],
    sandbox => ['user_identity=true'], fixtures => ['asker'], workers => 2));
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

    return asked('alipay.call', { method => $method, %in })->{out} || {};
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

finish();
