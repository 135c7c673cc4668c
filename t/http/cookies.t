# A browser's session: in a cookie that no script reads and no stranger's
# page can use.

use lib 't/lib';
use Civic::Test;

use constant OURS   => 'https://exam.example.gov.cn';
use constant SECOND => 'https://app.example.gov.cn:8443';

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    people => 1, http => 'civic_origin ' . OURS . ' ' . SECOND . ';');
my $client = $civic->client;
my @who = @{ $civic->person }{qw(id_number password)};

# { name => { value, attributes... } } of the answer's Set-Cookie lines.
sub cookies {
    my ($answer) = @_;
    my $lines = $answer->{headers}{'set-cookie'} // [];
    my %cookies;

    for my $line (ref $lines ? @$lines : $lines) {
        my ($pair, @attributes) = split /; */, $line;
        my ($name, $value) = split /=/, $pair, 2;

        $cookies{$name} = { value => $value,
            map { my ($k, $v) = split /=/; (lc $k => $v // 1) } @attributes };
    }
    return \%cookies;
}

sub enter {
    my ($origin, %headers) = @_;

    $headers{Origin} = $origin if defined $origin;
    return $client->try_login(@who, headers => { 'Civic-Session' => 'cookie',
        %headers });
}

sub with {
    my ($method, $path, $cookie, %headers) = @_;

    return $client->request($method, $path,
        headers => { Cookie => $cookie, %headers });
}


# ---- one is made ----

my $answer = enter(OURS);
my $cookies = cookies($answer);
my $cookie = $cookies->{'__Host-civic_session'};

is($answer->{status}, 200, 'a browser logs in');
is_deeply([ grep { exists $answer->{json}{$_} } qw(token device) ], [],
    'and is told no token');
ok($cookie && length $cookie->{value}, 'a __Host- cookie');
is_deeply({ %$cookie, value => undef }, { value => undef, path => '/',
    secure => 1, httponly => 1, samesite => 'Strict',
    'max-age' => $cookie->{'max-age'} }, 'with these attributes, no Domain');
is($cookie->{'max-age'}, 43200, 'as long as the session lasts');
is((grep { /^__Host-/ } keys %$cookies), keys %$cookies,
    'each cookie is a __Host- cookie');
is((grep { $_->{httponly} && $_->{secure} && $_->{samesite} eq 'Strict' }
    values %$cookies), keys %$cookies, 'and as safe');

my $mine = "__Host-civic_session=$cookie->{value}";

for my $origin (undef, 'https://evil.example', 'null',
    'http://exam.example.gov.cn', OURS . '.evil.example', OURS . ':443')
{
    my $other = enter($origin);

    is_deeply(cookies($other), {}, 'no cookie for '
        . ($origin // 'no Origin'));
    is_problem($other, 403, 'origin_refused', 'and it says so');
}
is_deeply(cookies($client->try_login(@who, headers => { Origin => OURS })), {},
    'nor for who asked for none');
ok(cookies(enter(SECOND))->{'__Host-civic_session'}, 'the second of the list');
ok(cookies(enter(uc OURS))->{'__Host-civic_session'},
    'an Origin in upper case');


# ---- it is used ----

is(with(GET => '/login/profile', $mine)->{status}, 200,
    'reading needs no Origin');
is(with(GET => '/login/profile', "a=b; $mine; c=d")->{status}, 200,
    'among others');
is(with(GET => '/login/profile', "a=b;$mine")->{status}, 200,
    'without a space');
is(with(GET => '/login/profile', "x$mine")->{status}, 401,
    'the name is the whole name');
is(with(GET => '/login/profile', substr $mine, 0, -3)->{status}, 401, 'cut');
is(with(GET => '/login/profile', '__Host-civic_session=')->{status}, 401,
    'empty');
is(with(GET => '/login/profile', $mine, Authorization => 'Bearer x')
    ->{status}, 401, 'a bearer comes first');

for my $origin (undef, 'https://evil.example', 'null', OURS . '/') {
    my %headers = defined $origin ? (Origin => $origin) : ();

    is_problem(with(PUT => '/login/password', $mine, %headers,
        'Content-Type' => 'application/json'), 403, 'origin_refused',
        'no change from ' . ($origin // 'no Origin'));
    is_problem(with(DELETE => '/login/session', $mine, %headers), 403,
        'origin_refused', 'nor a logout');
}
is(with(POST => '/hello/visits', $mine)->{status}, 201,
    'what anyone may do needs no Origin');

my $token = $client->login(@who);
is($client->put('/probe/record', token => $token, json => { name => 'ab' },
    headers => { Origin => 'https://evil.example' })->{status}, 204,
    'a bearer is no cookie');
is($client->put('/probe/record', json => { name => 'ab' },
    headers => { Cookie => $mine, Origin => OURS })->{status}, 204,
    'a change from a page of ours');


# ---- it ends ----

my $device = "__Host-civic_device=x";
$answer = with(DELETE => '/login/session', "$mine; $device", Origin => SECOND);
is($answer->{status}, 204, 'logged out');
my $gone = cookies($answer)->{'__Host-civic_session'};
is($gone->{value}, '', 'the cookie is emptied');
is($gone->{'max-age'}, 0, 'and ends');
is($gone->{secure}, 1, 'as the __Host- prefix asks for');
is_problem(with(GET => '/login/profile', $mine), 401, 'session_expired',
    'it opens nothing any more');

finish();
