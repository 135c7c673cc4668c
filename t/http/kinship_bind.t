# Relatives bound on two nginx: a child of 5 by a pledge, one of 10 and a
# grandmother by their faces at the sandbox, names and numbers compared by its
# register; what is refused and in which words; the wait of 24 hours, to the
# millisecond; objection, counter, and the end of a consent.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

use Encode ();
use JSON::PP ();
use Time::HiRes qw(sleep);

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @ports = map { Civic::Process::port() } 0, 1;
my @with = map { {
    $sandbox->with_alipay(port => $ports[$_], workers => 2, start => 0,
        blobs => 'shared', fixtures => ['asker'],
        upstreams => { register => $ports[$_] },
        plugins => [ 'login', 'civic', 'staff', 'face_auth',
            'kinship match_upstream=register '
            . 'match_path=/sandbox/identity-match' ],
        allow => qr/name and number cannot be compared/)
} } 0, 1;
my $one = civic(%{ $with[0] }, people => 3);
my $two = civic(%{ $with[1] }, redis => $one->redis);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->add_staff('desk', 'counter');
for my $civic ($one, $two) {
    $civic->nginx->start;
    $civic->wait_ready;
}

my $redis = $one->redis;
my @client = map { $_->client } $one, $two;
my ($mother, $father, $uncle) = map { $client[0]->login(
    @$_{qw(id_number password)}) } $one->people;
my ($girl, $boy, $grandmother, $man) = Civic::Sandbox::family();
my ($key, $turn) = (0, 0);
my $true = JSON::PP::true();

# Each request goes to the other nginx than the one before.
sub ask {
    my ($method, $path, $token, %arg) = @_;

    return $client[ $turn++ % 2 ]->request($method, "/kinship/$path",
        token => $token, %arg);
}

sub words { return Encode::decode('UTF-8', $_[0]{content}) }

sub civicctl { return $one->nginx->civicctl(@_) }

sub clock {
    my ($status, $said) = civicctl('clock', @_);

    return is($status, 0, "clock @_") || diag($said);
}


# ---- who has an own code -----------------------------------------------------

sub consent {
    my ($token, $purpose, %flags) = @_;
    my $text = $client[0]->get("/civic/consents/texts/$purpose")->{json};

    return is($client[0]->post('/civic/consents', token => $token,
        headers => { 'Idempotency-Key' => 'c' . $key++ }, json => {
            purpose => $purpose, method => 'tick_and_button', channel => 'web',
            flags => \%flags,
            map { $_ => $text->{$_} } qw(version digest language) })
        ->{status}, 201, "consents to $purpose");
}

sub bind_to {
    my ($token, $who, %arg) = @_;

    return ask('POST', 'bindings', $token,
        headers => { 'Idempotency-Key' => $arg{key} // 'b' . $key++,
            %{ $arg{headers} || {} } },
        json => { name => $arg{name} // $who->{name},
            id_number => $who->{id_number},
            relation => $arg{relation} // 'child' });
}

is_problem(bind_to($mother, $girl), 409, 'kinship_own_code_first',
    'who has no own code');
for my $person ($redis->keys('civic:{p:*}:person')) {
    $redis->command('HSET', $person, 'proven', time() . '000 counter');
}
for my $token ($mother, $father, $uncle) {
    consent($token, 'health', health => $true);
    is(ask('POST', 'code', $token)->{status}, 200, 'has an own code');
}
my @relations = @{ ask('GET', 'relations', $mother)->{json}{relations} };
is((grep { $_->{code} eq 'grandparent' } @relations)[0]{label},
    '祖父母、外祖父母', 'relations to choose from');


# ---- what is refused ---------------------------------------------------------

my $wrong = bind_to($mother, { name => '张*', id_number => '610102202106150006' },
    relation => 'cousin');
is_deeply(field_errors($wrong), { '/name' => 'name_charset',
    '/id_number' => 'id_number_checksum',
    '/relation' => 'kinship_relation_unknown' }, 'all that is wrong, at once');
like(words($wrong), qr/请输入正确的身份证/, 'in the notice\'s words');
my $grown = bind_to($mother, $man);
is_deeply(field_errors($grown), { '/id_number' => 'kinship_age' }, 'of 30');
like(words($grown), qr/"暂时只支持绑定16岁以下及60岁以上的亲属"/,
    'in the notice\'s words');
my $other = bind_to($mother, $girl,
    headers => { 'Civic-Channel' => 'wechat' });
is_problem($other, 403, 'kinship_channel', 'another channel');
like(words($other),
    qr/因个人信息认证问题，目前亲属码功能仅在支付宝端进行开放/,
    'in the notice\'s words');
is_problem(bind_to($mother, $girl, name => '李小雨'), 422, 'kinship_no_match',
    'another name');

for my $fault (qw(http_500 malformed)) {
    $client[0]->post('/sandbox/identity-match/faults',
        json => { fault => $fault, count => 1 });
    my $down = bind_to($mother, $girl);
    is_problem($down, 503, 'kinship_match_unavailable', "a register: $fault");
    is($down->{json}{retry_after}, 10, 'and when to try again');
}


# ---- by a pledge -------------------------------------------------------------

sub agree {
    my ($token, $asked) = @_;
    my ($agreement, $health) = map { $client[0]->get(
        "/civic/consents/texts/$_")->{json} }
        @{ $asked->{json} }{qw(agreement health_consent)};

    return ask('POST', "bindings/$asked->{json}{binding_id}/agree", $token,
        json => { version => $agreement->{version}, agreed => $true,
            health_version => $health->{version},
            flags => { map { $_ => $true } @{ $health->{flags} } },
            $asked->{json}{proof} eq 'pledge' ? (pledged => $true) : () });
}

sub finish_of {
    my ($token, $asked, $attempt) = @_;

    return ask('POST', "bindings/$asked->{json}{binding_id}/finish", $token,
        json => { $attempt ? (attempt_id => $attempt) : () });
}

my $asked = bind_to($mother, $girl, key => 'the-girl');
is($asked->{status}, 201, 'asked') or diag($asked->{content});
is($asked->{json}{proof}, 'pledge', 'of 5: no face');
is($asked->{json}{name}, '张*雨', 'masked');
is(bind_to($mother, $girl, key => 'the-girl')->{json}{binding_id},
    $asked->{json}{binding_id}, 'the same key: the same answer');
is_problem(finish_of($mother, $asked), 409, 'kinship_agree_first',
    'nothing without the agreement');
my $agreed = agree($mother, $asked);
is($agreed->{status}, 200, '同意协议并认证') or diag($agreed->{content});
my $bound = finish_of($mother, $asked);
is($bound->{status}, 200, 'bound') or diag($bound->{content});
ok($bound->{json}{provisional}, 'provisionally');
is_deeply(finish_of($mother, $asked)->{json}, $bound->{json},
    'a repeat gets the same binding');
is_deeply(field_errors(bind_to($mother, $girl)),
    { '/id_number' => 'kinship_duplicate' }, 'twice');
is_deeply([ map { $_->{kind} } @{ ask('GET', 'codes', $mother)
    ->{json}{codes} } ], [ 'own', 'kin' ], 'both codes are listed');

my ($pid) = map { /\{p:(.{22})\}/ } $redis->keys('civic:{p:*}:guardians');
my $consents = $redis->command('HGET', "civic:{p:$pid}:consents",
    'health_child');
ok($consents, 'the girl\'s own record has the consent');


# ---- by a face ---------------------------------------------------------------

sub face {
    my ($token, $who) = @_;
    my $attempt = $client[0]->post('/face-auth/attempts', token => $token,
        headers => { 'Idempotency-Key' => 'f' . $key++ },
        json => { purpose => 'kinship', name => $who->{name},
            id_number => $who->{id_number} })->{json};

    $client[0]->get($attempt->{url} =~ s{^http://[^/]+}{}r);
    $sandbox->decide($client[0], $attempt->{certify_id}, result => 'pass');
    is($client[0]->post("/face-auth/attempts/$attempt->{attempt_id}/result",
        token => $token)->{status}, 200, "$who->{name} has faced the phone");
    return $attempt->{attempt_id};
}

# All of it: the binding.
sub bound_by_face {
    my ($token, $who, $relation) = @_;
    my $asked = bind_to($token, $who, relation => $relation);

    is($asked->{json}{proof}, 'face', "$who->{name}: by the face")
        or diag($asked->{content});
    is(agree($token, $asked)->{status}, 200, 'agreed');
    is_problem(finish_of($token, $asked), 409, 'kinship_face_needed',
        'not without it');
    my $attempt = face($token, $who);
    my $bound = finish_of($token, $asked, $attempt);
    is($bound->{status}, 200, 'bound') or diag($bound->{content});
    ok(!$bound->{json}{provisional}, 'for good');
    is_deeply(finish_of($token, $asked, $attempt)->{json}, $bound->{json},
        'a repeat gets the same');
    return $bound->{json};
}

my $his = bound_by_face($mother, $boy, 'child');
my $hers = bound_by_face($mother, $grandmother, 'grandparent');
is($hers->{relation}, 'grandparent', 'as it was said');

# An attempt that was used is no proof for another binding.
my $again = bind_to($father, $boy);
is(agree($father, $again)->{status}, 200, 'the father, too');
is_problem(finish_of($father, $again, 'a' x 22), 409, 'kinship_face_needed',
    'an attempt that is none of his');
my $attempt = face($father, $boy);
is(finish_of($father, $again, $attempt)->{status}, 200,
    'both parents hold the boy\'s code');

# The mother is told of it.
civicctl('job', 'run', 'kinship.tell');
my ($told) = grep { $_->{kind} eq 'kinship.bound' } @{ $client[0]->get(
    '/civic/messages', token => $mother)->{json}{messages} };
like($told->{text} // '', qr/也绑定了张\*轩的亲属码/, 'the mother is told');


# ---- 24 hours ----------------------------------------------------------------

my $early = ask('DELETE', "bindings/$his->{binding_id}", $mother);
is_problem($early, 409, 'kinship_unbind_early', 'at once');
like(words($early), qr/绑定亲情码成员24小时后，才能进行解绑操作哦/,
    'in the notice\'s words');
is($early->{json}{possible_at}, $his->{unbind_possible_at},
    'and from when on it is possible');
# The business clock stands there, to the millisecond; every worker knows in two
# seconds.
sub hold {
    my ($ms) = @_;

    $redis->command('HSET', 'civic:clock', 'fixed_ms', $ms);
    sleep 2.2;
    return;
}

my ($kin) = grep { $redis->command('HLEN', $_) > 3 }
    $redis->keys('civic:{p:*}:kin');
my ($row) = grep { /^bound \Q$his->{binding_id}\E / }
    @{ $redis->command('HVALS', $kin) };
my $since = (split / /, $row)[2];
clock('set', '+1d', '--hold');
hold($since + 86_400_000 - 1);
is_problem(ask('DELETE', "bindings/$his->{binding_id}", $mother), 409,
    'kinship_unbind_early', '24 hours less a millisecond');
hold($since + 86_400_000);
is(ask('DELETE', "bindings/$his->{binding_id}", $mother)->{status}, 200,
    'exactly 24 hours');
is_problem(ask('DELETE', "bindings/$his->{binding_id}", $mother), 404,
    'kinship_no_binding', 'once');
is(scalar @{ ask('GET', 'codes', $mother)->{json}{codes} }, 3,
    'it is not listed any more');
clock('reset');


# ---- the counter -------------------------------------------------------------

my $desk = $one->staff_token('desk');
my $seen = ask('POST', 'counter/look-up', $desk,
    json => { id_number => $girl->{id_number} });
is($seen->{status}, 200, 'the counter looks') or diag($seen->{content});
is($seen->{json}{guardians}[0]{binding_id}, $bound->{json}{binding_id},
    'who holds the code');
my $proven = ask('POST', 'counter/proofs', $desk, json => {
    name => $girl->{name}, id_number => $girl->{id_number},
    relation => 'child', papers => 'birth_certificate',
    guardian_id_number => $one->person(0)->{id_number} });
is($proven->{status}, 200, 'papers') or diag($proven->{content});
ok(!$proven->{json}{provisional}, 'make a provisional one a proven one');
my $ended = ask('POST', 'counter/unbindings', $desk, json => {
    id_number => $grandmother->{id_number}, reason => 'danger',
    binding_id => $hers->{binding_id} });
is($ended->{status}, 200, 'an emergency') or diag($ended->{content});
is_problem(ask('GET', "codes/$hers->{binding_id}", $mother), 404,
    'kinship_no_binding', 'ends at once');
is_problem(ask('POST', 'counter/look-up', $mother,
    json => { id_number => $girl->{id_number} }), 403, 'forbidden',
    'citizens look up nobody');


# ---- the agreement ends ------------------------------------------------------

is($client[1]->delete('/civic/consents/kinship', token => $mother)
    ->{json}{erased}, $true, 'the mother withdraws what she agreed to');
is_deeply([ map { $_->{kind} } @{ ask('GET', 'codes', $mother)
    ->{json}{codes} } ], ['own'], 'she holds nobody\'s code any more');
is(scalar @{ ask('GET', 'codes', $father)->{json}{codes} }, 2,
    'the father does');


# Nobody is left who could withdraw what the grandmother without an account has
# agreed to: it ends, and what was kept under it.
my ($hers_key) = grep { ($redis->command('HGET', $_, 'consent') // '')
    =~ /^health / && ($redis->command('HGET', $_, 'opened') // '') =~ / kin$/ }
    $redis->keys('civic:{p:*}:health');
ok($hers_key, 'the grandmother\'s code is there') or BAIL_OUT('no code');
(my $her_consents = $hers_key) =~ s/health$/consents/;
civicctl('job', 'run', 'kinship.tell');
for (1 .. 50) {
    civicctl('job', 'run', 'civic.erasures');
    last if !$redis->command('EXISTS', $hers_key);
    sleep 0.2;
}
is($redis->command('HGET', $her_consents, 'health'), undef,
    'with the last binding ends the consent');
is($redis->command('EXISTS', $hers_key), 0, 'and what was kept');


# ---- everything is whole -----------------------------------------------------

civicctl('job', 'run', "kinship.$_") for qw(settle tell mend mend_relatives);
my %holds;
for my $kin ($redis->keys('civic:{p:*}:kin')) {
    my ($guardian) = $kin =~ /\{p:(.*)\}/;
    my %row = @{ $redis->command('HGETALL', $kin) };

    for my $relative (grep { length == 22 } keys %row) {
        my ($state, $id) = split / /, $row{$relative};
        my $theirs = $redis->command('HGET', "civic:{p:$relative}:guardians",
            $guardian) // '';

        is($state, 'bound', 'bound');
        like($theirs, qr/^\Q$id\E /, 'in both records');
        $holds{$guardian}++;
    }
}
is(join(' ', values %holds), '1', 'one is left');
my $logs = join '', map { $_->nginx->log_text } $one, $two;
unlike($logs, qr/\Q$_->{id_number}\E/, 'no log has a number')
    for $girl, $boy, $grandmother;

finish();
