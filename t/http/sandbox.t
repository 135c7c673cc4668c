# The sandbox' gateway, its face page and the card's issuer through nginx, with
# an app that signs by openssl; two workers count one list of faults and sign
# with the same keys.

use lib 't/lib';
use Civic::Test;

use Digest::SHA qw(sha256);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64 encode_base64url);
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


# ---- the card ----

my $card = '/sandbox/card';
my ($here, $there) = @workers;
my $verifier = 'v' x 43;
my $challenge = encode_base64url(sha256($verifier));

sub discovered {
    my ($worker) = @_;

    return $worker->get("$card/.well-known/openid-configuration")->{json};
}

sub authorize {
    my $shown = $here->get("$card/authorize?response_type=code"
        . '&client_id=civic&scope=openid&state=s1&nonce=n1'
        . "&redirect_uri=@{[ Civic::Sandbox::CALLBACK ]}"
        . "&code_challenge=$challenge&code_challenge_method=S256");

    is($shown->{status}, 200, 'a page asks for the card');
    my ($login) = $shown->{content} =~ /name="login" value="(\w+)"/;
    return $there->post("$card/authorize", type => $form_type,
        body => "login=$login&user=zhang&card_password=123456&action=allow");
}

sub tokens {
    my ($redirect) = @_;
    my ($of_card) = ($redirect->{headers}{location} // '') =~ /[?&]code=(\w+)/;

    return $here->post("$card/token", type => $form_type,
        headers => { Authorization => 'Basic '
            . encode_base64('civic:' . Civic::Sandbox::CARD_SECRET, '') },
        body => "grant_type=authorization_code&code=$of_card"
            . "&code_verifier=$verifier"
            . "&redirect_uri=@{[ Civic::Sandbox::CALLBACK ]}");
}

sub kid_of {
    my ($jwt) = @_;

    return $json->decode(decode_base64url((split /\./, $jwt)[0]))->{kid};
}

sub kids {
    my ($worker) = @_;

    return map { $_->{kid} } @{ $worker->get("$card/jwks")->{json}{keys} };
}

is(discovered($here)->{issuer}, Civic::Sandbox::ISSUER, 'an issuer');
is_deeply([ kids($here) ], [ kids($there) ], 'with one set of keys');

my $redirect = authorize();
is($redirect->{status}, 303, 'the browser goes back');
like($redirect->{headers}{location},
    qr{^\Q@{[ Civic::Sandbox::CALLBACK ]}\E\?code=\w+&state=s1&iss=},
    'to where it came from');
my $given = tokens($redirect)->{json};
is(kid_of($given->{id_token}), (kids($there))[0], 'an id_token');
is($there->get("$card/userinfo", token => $given->{access_token})
    ->{json}{id_number}, '630105199003079996', 'and who it is');
is(tokens($redirect)->{status}, 400, 'a code works once');
is($there->get("$card/userinfo", token => 'none')->{status}, 401,
    'a token that is none');

my $new = $there->post("$card/keys", json => { algorithm => 'RS256' });
is($new->{status}, 201, 'a new key');
is(kid_of(tokens(authorize())->{json}{id_token}), $new->{json}{kid},
    'signs at once');
is((kids($here))[0], $new->{json}{kid}, 'and is published');
is(scalar kids($here), 2, 'beside the old one');


# ---- whose number it is ----

my @family = Civic::Sandbox::family();
is(scalar @family, 4, 'a family without phones');
for my $worker ($here, $there) {
    for my $person (@family) {
        ok($worker->post('/sandbox/identity-match', json => $person)
            ->{json}{match}, 'a name and its number');
    }
    is($worker->post('/sandbox/identity-match', json => {
        %{ $family[2] }, name => $family[3]{name} })->{json}{match},
        JSON::PP::false(), 'another\'s name');
}

finish();
