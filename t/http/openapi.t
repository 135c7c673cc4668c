# docs/openapi.yaml against what runs: it is what the plugins say today, each
# of its routes answers, and replies have the shape that it gives.  (That no
# test sees what it does not say, finish() checks in every file.)

use lib 't/lib';
use Civic::Test;

use Civic::OpenAPI;
use Civic::Process;

my $key = Civic::Process::folder() . '/ticket.pem';
system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");
my $civic = civic(plugins => [ 'login', 'hello', 'staff', 'civic',
        'face_auth', 'photo_check', 'exam', 'review', 'kinship', 'sampling',
        'payment seller_id=2088000000009999 '
            . 'notify_url=https://a.example/payment/alipay/notifications',
        "ticket signing_key=$key" ],
    people => 1);
my $client = $civic->client;
my $nginx = $civic->nginx;
my $root = Civic::Nginx::root();
my $build = Civic::Nginx::build();
my $openapi = Civic::OpenAPI->new("$root/docs/openapi.yaml");
my $document = $openapi->document;
my @operations = $openapi->operations;

is($document->{openapi}, '3.1.0', 'an OpenAPI document');


# ---- it is today's ----

my @plugins = sort glob "$build/plugins/*.so";
my ($status, $now) = $nginx->civicctl('openapi', @plugins);
is($status, 0, 'civicctl makes it');
open my $file, '<', "$root/docs/openapi.yaml" or die "openapi.yaml: $!";
is($now eq do { local $/; <$file> }, 1,
    'docs/openapi.yaml is what "make openapi" makes');


# ---- its own order ----

my %ids;
for my $each (@operations) {
    my ($method, $path, $operation) = @$each;
    my %named = map { ($_ => 1) } $path =~ /\{(\w+)\}/g;
    my %said = map { ($_->{name} => 1) } grep { $_->{in} eq 'path' }
        @{ $operation->{parameters} || [] };

    ok($operation->{summary} && $operation->{description},
        "$method $path says what it does");
    ok(!$ids{ $operation->{operationId} }++, 'under a name of its own');
    is_deeply(\%said, \%named, 'with its parameters');
    is((grep { /^2/ } keys %{ $operation->{responses} }), 1,
        'one status when it is done');
}

sub references {
    my ($value) = @_;

    return map { references($_) } @$value if ref $value eq 'ARRAY';
    return () if ref $value ne 'HASH';
    return map { $_ eq '$ref' ? $value->{$_} : references($value->{$_}) }
        keys %$value;
}

sub referred {
    my ($reference) = @_;
    my $at = $document;

    $at = ref $at eq 'HASH' ? $at->{$_} : undef
        for grep { length } split m{/}, $reference =~ s/^#//r;
    return $at;
}

is((grep { !referred($_) } references($document)), 0,
    'every reference leads somewhere');
my $schemes = $document->{components}{securitySchemes};
is_deeply([ grep { !$schemes->{$_} } map { map { keys %$_ }
    @{ $_->[2]{security} || [] } } @operations ], [], 'every scheme is there');


# ---- what has a format shows an example ----

# The schemas of texts in a schema, by where they stand.
sub texts {
    my ($schema, $where) = @_;
    my $properties = $schema->{properties} || {};

    return ((map { texts($properties->{$_}, "$where/$_") }
            sort keys %$properties),
        $schema->{items} ? texts($schema->{items}, "$where/0") : (),
        (grep { $_ eq 'string' } ref $schema->{type} ? @{ $schema->{type} }
            : $schema->{type} // '') ? [ $where, $schema ] : ());
}

my @typed = map {
    my ($method, $path, $operation) = @$_;
    my $content = ($operation->{requestBody} || {})->{content} || {};
    my $body = $content->{'application/json'};

    ((map { texts($_->{schema}, "$method $path ?$_->{name}") }
        grep { $_->{in} eq 'query' } @{ $operation->{parameters} || [] }),
        $body ? texts($body->{schema}, "$method $path ") : ())
} @operations;

is_deeply([ map { $_->[0] } grep {
        ($_->[1]{pattern} || $_->[1]{format}
            || $_->[0] =~ m{/(?:\w+_)?(?:id_number|name|barcode)$})
            && !$_->[1]{examples} } @typed ], [],
    'every text with a format has an example');
is((grep { $_->[0] =~ m{/\w*(?:password|secret|token)$}
            && $_->[1]{examples} } @typed),
    0, 'and none that is to be kept secret');


# ---- every route answers ----

for my $each (@operations) {
    my ($method, $path, $operation) = @$each;
    next if $path eq '/civic/blobs/{ticket}';   # x is no ticket: not found
    my $answer = $client->request($method, $path =~ s/\{purpose\}/face/r
        =~ s/\{\w+\}/x/gr,
        !$operation->{requestBody} || $method !~ /^P/ ? ()
            : $operation->{requestBody}{content}{'application/json'}
            ? (json => {})
            : (body => 'x', type =>
                (sort keys %{ $operation->{requestBody}{content} })[0]));

    isnt($answer->{json}{code} // '', 'not_found', "$method $path is served")
        if $answer->{status} == 404 || ref $answer->{json} eq 'HASH';
    isnt($answer->{status}, 405, 'with its method');
    is($answer->{status}, 401, 'and asks who calls')
        if @{ $operation->{security} || [] };
}

# and none is served that is not there
for my $plugin (@{ $client->get('/civic/status')->{json}{plugins} }) {
    is((grep { ($_->[2]{tags} || [])->[0] eq $plugin->{name} } @operations),
        $plugin->{routes}, "all routes of $plugin->{name} are described");
}


# ---- replies have the shape ----

# What of a value is not as its schema says.
sub misfits {
    my ($value, $schema, $where) = @_;

    $schema = referred($schema->{'$ref'}) if $schema->{'$ref'};
    my %types = map { ($_ => 1) } ref $schema->{type} ? @{ $schema->{type} }
        : $schema->{type} // ();
    return () if !defined $value && $types{null};
    return "$where is null" if !defined $value;

    if (ref $value eq 'HASH') {
        my $properties = $schema->{properties} || {};

        return "$where is an object" if !$types{object};
        return (map { "$where/$_ is missing" } grep { !exists $value->{$_} }
                @{ $schema->{required} || [] }),
            (map { "$where/$_ is not described" } grep { !$properties->{$_} }
                sort keys %$value),
            map { misfits($value->{$_}, $properties->{$_}, "$where/$_") }
                grep { $properties->{$_} } sort keys %$value;
    }
    if (ref $value eq 'ARRAY') {
        return "$where is an array" if !$types{array};
        return map { misfits($value->[$_], $schema->{items}, "$where/$_") }
            0 .. $#$value;
    }
    return $types{boolean} ? () : "$where is a boolean"
        if JSON::PP::is_bool($value);
    return "$where is too long"
        if $types{string} && length $value > ($schema->{maxLength} // 1e9);
    return "$where is no instant" if ($schema->{format} // '') eq 'date-time'
        && $value !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/;
    return $types{string} || $types{integer} && $value =~ /^-?\d+$/ ? ()
        : "$where is of another type";
}

sub fits {
    my ($answer, $method, $path) = @_;
    my $operation = $openapi->operation($method, $path);
    my $response = $operation->{responses}{ $answer->{status} };
    my ($type) = split /;/, $answer->{headers}{'content-type'} // '';
    my $content = ($response->{content} || {})->{$type};

    ok($content, "$method $path: $answer->{status} is described as $type")
        or return;
    is_deeply([ misfits($answer->{json}, $content->{schema}, '') ], [],
        'and fits') or diag($answer->{content});
    return $answer;
}

my @who = @{ $civic->person }{qw(id_number password)};
my $captcha = fits($client->post('/login/captchas', json => { audio =>
    JSON::PP::true() }), POST => '/login/captchas')->{json};
my $login = fits($client->post('/login/password', json => {
    id_number => $who[0], password => $who[1],
    captcha_id => $captcha->{captcha_id},
    captcha_answer => $captcha->{sandbox_answer} }),
    POST => '/login/password')->{json};
my %token = (token => $login->{token});

fits($client->get('/login/session', %token), GET => '/login/session');
fits($client->get('/login/profile', %token), GET => '/login/profile');
fits($client->put('/login/password', %token, json => {
    old_password => $who[1], new_password => 'Quite-Another-4711' }),
    PUT => '/login/password');
fits($client->put('/login/password', %token, json => {
    old_password => 'wrong', new_password => 'Quite-Another-4712' }),
    PUT => '/login/password');
fits($client->put('/login/password', %token, json => {
    new_password => '1', more => 1 }), PUT => '/login/password');
fits($client->try_login($who[0], 'wrong'), POST => '/login/password');
fits($client->post('/login/password', json => { more => 1 }),
    POST => '/login/password');
fits($client->get('/login/profile'), GET => '/login/profile');
fits($client->get('/hello/greeting'), GET => '/hello/greeting');
fits($client->get('/hello/visits'), GET => '/hello/visits');
fits($client->post('/hello/visits'), POST => '/hello/visits');
fits($client->post('/hello/visits', json => {}), POST => '/hello/visits');
fits($client->get('/civic/blobs/x'), GET => '/civic/blobs/{ticket}');

my %key = (headers => { 'Idempotency-Key' => 'shape' });
my $text = fits($client->get('/civic/consents/texts/face'),
    GET => '/civic/consents/texts/{purpose}')->{json};
fits($client->post('/civic/consents', %token, %key, json => {
    purpose => 'face', version => 1, digest => $text->{digest},
    language => 'zh', flags => { face => JSON::PP::true() },
    method => 'tick_and_button' }), POST => '/civic/consents');
fits($client->get('/civic/consents', %token), GET => '/civic/consents');
fits($client->delete('/civic/consents/face', %token),
    DELETE => '/civic/consents/{purpose}');
fits($client->get('/civic/consents', %token), GET => '/civic/consents');
fits($client->get('/civic/messages', %token), GET => '/civic/messages');

# the cookie that it names is the one that is taken
my $cookie = $schemes->{cookie}{name};
is($client->get('/login/session',
    headers => { Cookie => "$cookie=$login->{token}" })->{status}, 200,
    "a session in the cookie $cookie");

is((grep { $openapi->undocumented(@$_) } [ GET => '/hello/greeting', 418 ],
    [ GET => '/login/profile', 401, 'no_such_code' ]), 2,
    'what is not described would be seen');

finish();
