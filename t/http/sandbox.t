# The sandbox' gateway and its face page through nginx, with an app that
# signs by openssl; two workers count one list of faults.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();
use Time::HiRes qw(time);

use Civic::Sandbox;

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $civic = civic(plugins => [ $sandbox->plugin ], workers => 2,
    allow => qr/"sandbox" is for "civic_environment sandbox" alone/);
my $client = $civic->client;
my $json = JSON::PP->new->utf8->canonical;

my $open = 'alipay.user.certify.open';
my $form_type = 'application/x-www-form-urlencoded';

sub done {
    my ($method, %parameters) = @_;
    my ($node, $signed, $answer) = $sandbox->call($client, $method,
        %parameters);

    ok($signed, "$method: the answer is signed")
        or diag($answer->{content});
    return $node || {};
}

sub plan_fault {
    my (%fault) = @_;
    my $answer = $client->post('/sandbox/alipay/faults', json => \%fault);

    is($answer->{status}, 200, "$fault{fault} is planned")
        or diag($answer->{content});
    return;
}


# ---- only for development ----

my ($good, $said) = do {
    my $nginx = $civic->nginx;
    my $environment = $nginx->{environment};

    $nginx->write_conf(environment => 'production');
    my @check = $nginx->check;
    $nginx->write_conf(environment => $environment);
    @check;
};
ok(!$good, 'production does not take it');
like($said, qr/sandbox/, 'and says why');


# ---- who it is ----

my $code = $client->post('/sandbox/alipay/auth-codes',
    json => { user => 'zhang', scope => 'auth_user' })->{json}{auth_code};
my %exchange = (grant_type => 'authorization_code', code => $code);
my $token = done('alipay.system.oauth.token', %exchange);
is($token->{open_id}, 'open-zhang', 'a code tells who it is');
is(done('alipay.system.oauth.token', %exchange)->{sub_code},
    'isv.code-invalid', 'once');
is(done('alipay.user.info.share', auth_token => $token->{access_token})
    ->{open_id}, 'open-zhang', 'and so does the token');

is_problem($client->post('/sandbox/alipay/auth-codes',
    json => { user => 'nobody' }), 404, 'sandbox_nobody',
    'somebody who is not there');


# ---- in the query, as the Node SDK has it ----

my $form = $sandbox->form('alipay.user.info.share',
    auth_token => $token->{access_token});
my $answer = $sandbox->post($client, '', query => "?$form");
is($answer->{json}{alipay_user_info_share_response}{open_id}, 'open-zhang',
    'all in the query');
like($sandbox->post($client, "$form&a=b")->{content},
    qr/"sub_code":"isv.invalid-signature"/, 'a parameter more is noticed');
like($sandbox->post($client, $form, query => '?app_id=1')->{content},
    qr/"sub_code":"isv.invalid-encoding"/, 'one that stands twice is refused');


# ---- the face ----

my $business = $json->encode({
    outer_order_no => 'order1', biz_code => 'FACE',
    identity_param => { identity_type => 'CERT_INFO',
        cert_type => 'IDENTITY_CARD', cert_name => '张<b>伟',
        cert_no => '630105199003079996' },
    merchant_config => { return_url => 'https://exam.example/back' },
});
my $id = done("$open.initialize", biz_content => $business)->{certify_id};
my %query = (biz_content => $json->encode({ certify_id => $id }));
is(done("$open.query", %query)->{passed}, 'F', 'nobody has looked yet');

my $link = '/sandbox/alipay/gateway.do?'
    . $sandbox->form("$open.certify", %query);
$answer = $client->get($link);
is($answer->{status}, 302, 'the link leads on');
is($answer->{headers}{location}, "../phone/certify/$id", 'to the phone page');
is($client->get($link =~ s/charset=utf-8/charset=gbk/r)->{status}, 400,
    'but not one that somebody changed');

my $page = "/sandbox/phone/certify/$id";
$answer = $client->get($page);
is($answer->{status}, 200, 'the page');
like($answer->{headers}{'content-type'}, qr{^text/html}, 'is HTML');
like($answer->{headers}{'content-security-policy'}, qr/default-src 'none'/,
    'without scripts');
like($answer->{content}, qr/&lt;b&gt;/, 'with the name, escaped');
unlike($answer->{content}, qr/<b>伟|630105/, 'and no number');

is($client->post($page, body => 'result=fail&reason=Z1147',
    type => $form_type)->{status}, 200, 'a person decides');
is($client->post($page, body => 'result=pass', type => $form_type)
    ->{status}, 409, 'once');
is_deeply(done("$open.query", %query), { code => '10000', msg => 'Success',
    passed => 'F', fail_reason => 'Z1147' }, 'as the app is told');
is_problem($client->post($page, json => { result => 'pass' }), 415,
    'unsupported_media_type', 'only forms');


# ---- faults, seen by whichever worker ----

plan_fault(method => "$open.query", fault => 'code_20000', count => 5);
my @workers = $civic->worker_clients;
my @codes = map {
    ($sandbox->call($workers[ $_ % 2 ], "$open.query", %query))[0]{code}
} 1 .. 7;
is("@codes", '20000 20000 20000 20000 20000 10000 10000',
    'exactly as many as were planned');

plan_fault(method => "$open.query", fault => $_)
    for qw(wrong_signature unsigned_success malformed http_500);
my ($node, $signed) = $sandbox->call($client, "$open.query", %query);
is($node->{passed}, 'F', 'a success');
ok(!$signed, 'with a wrong signature');
($node, $signed, $answer) = $sandbox->call($client, "$open.query", %query);
is_deeply([ sort keys %{ $answer->{json} } ],
    ['alipay_user_certify_open_query_response'], 'one without any');
($node, $signed, $answer) = $sandbox->call($client, "$open.query", %query);
is($answer->{json}, undef, 'half an answer');
($node, $signed, $answer) = $sandbox->call($client, "$open.query", %query);
is($answer->{status}, 500, 'a server that fails');

plan_fault(method => "$open.query", fault => 'slow', delay_ms => 300);
plan_fault(method => "$open.query", fault => 'timeout', delay_ms => 300);
my $began = time;
is(done("$open.query", %query)->{passed}, 'F', 'a slow answer');
cmp_ok(time - $began, '>=', 0.3, 'takes its time');
$began = time;
($node, $signed, $answer) = $sandbox->call($client, "$open.query", %query);
is($answer->{status}, 504, 'none at all');
cmp_ok(time - $began, '>=', 0.3, 'after a while');

finish();
