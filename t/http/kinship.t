# Health codes on two nginx: opened, shown, changed every some seconds; verified
# by the other machine, also what is old, forged or something else; colours by
# measures of the office, by midnight in Shanghai; who looked; and the end of it
# all with the consent.

use lib 't/lib';
use Civic::Test;
use Civic::Process;

use Encode ();
use JSON::PP ();
use Time::HiRes qw(sleep time);

my @with = (workers => 2, start => 0, plugins => [qw(login civic staff
    kinship)], fixtures => ['asker'],
    allow => qr/kinship: name and number cannot be compared/);
my $one = civic(@with, people => 2);
my $two = civic(@with, redis => $one->redis);

sub change_rules {
    my ($where, %change) = @_;
    my $path = $where->nginx->rules . '/kinship.lua';

    open my $in, '<:raw', $path or die "$path: $!";
    my $text = do { local $/; <$in> };
    for my $pattern (sort keys %change) {
        $text =~ s/$pattern/$change{$pattern}/g or die "no $pattern";
    }
    open my $out, '>:raw', $path or die "$path: $!";
    print {$out} $text;
    close $out;
    return;
}

# A window of 5 s, and nothing after it.
change_rules($_, 'every = 30' => 'every = 5', 'grace = 30' => 'grace = 0')
    for $one, $two;
system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->add_staff('gate', 'door');
$one->add_staff('cdc', 'office');
for my $civic ($one, $two) {
    $civic->nginx->start;
    $civic->wait_ready;
}

my $redis = $one->redis;
my ($here, $there) = map { $_->client } $one, $two;
my ($person, $elder) = $one->people;
my ($token, $old) = map { $here->login(@$_{qw(id_number password)}) }
    $one->people;
my ($gate, $cdc) = map { $one->staff_token($_) } qw(gate cdc);
my $true = JSON::PP::true();
my $key = 0;
my @secrets = map { $_->{id_number} } $one->people;

sub words { return Encode::decode('UTF-8', $_[0]{content}) }

sub consent {
    my ($client, $whose) = @_;
    my $text = $client->get('/civic/consents/texts/health')->{json};

    return is($client->post('/civic/consents', token => $whose,
        headers => { 'Idempotency-Key' => 'c' . $key++ }, json => {
            purpose => 'health', method => 'tick_and_button',
            channel => 'web', flags => { health => $true },
            map { $_ => $text->{$_} } qw(version digest language) })
        ->{status}, 201, 'consents');
}

sub code {
    my ($client, $whose, %arg) = @_;
    my $answer = $client->get($arg{path} || '/kinship/code', token => $whose,
        headers => $arg{headers} || {});

    push @secrets, $answer->{json}{code}
        if $answer->{json} && $answer->{json}{code};
    return $answer;
}

sub check {
    my ($client, $text, $place) = @_;

    return $client->post('/kinship/checks', token => $gate,
        json => { code => $text, place => $place || 'public' });
}

sub office {
    my ($path, %json) = @_;

    return $there->post("/kinship/office/$path", token => $cdc,
        json => { id_number => $person->{id_number}, reason => 'r', %json });
}


# ---- the own code ------------------------------------------------------------

is_problem(code($here, $token), 404, 'kinship_no_code', 'before');
my $refused = $here->post('/kinship/code', token => $token);
is_problem($refused, 403, 'consent_required', 'without the consent');
is($refused->{json}{purpose}, 'health', 'which is named');
consent($here, $_) for $token, $old;
for my $each ($token, $old) {
    my $opened = $here->post('/kinship/code', token => $each);
    is($opened->{status}, 200, 'opened') or diag($opened->{content});
}

my $shown = code($there, $token);
is($shown->{status}, 200, 'shown by the other nginx')
    or diag($shown->{content});
is($shown->{json}{colour}, 'green', 'green');
like(words($shown), qr/"label":"一码通"/, 'by its name');
ok(length $shown->{content} < 5000, 'in 5 KB');
like($shown->{json}{code}, qr{^CIVICL:[0-9A-Z \$%*+./:-]+$},
    'characters that a QR code packs');
is($shown->{headers}{'cache-control'}, 'no-store', 'kept by no proxy');


# ---- nothing is made twice in a window ---------------------------------------

my ($first, $again);
my $phone = $two->client(unseen => 1);
for (1 .. 3) {                          # one of them within a window
    $first = code($here, $token);
    $again = code($phone, $token,
        headers => { 'If-None-Match' => $first->{headers}{etag} });
    last if $again->{status} == 304;
}
is($again->{status}, 304, 'the phone has it already');
is($again->{content} // '', '', 'no body');
is($again->{headers}{etag}, $first->{headers}{etag}, 'the same tag');
ok(!exists $again->{headers}{'content-length'},
    'and no length of a body that is not there');
is($phone->get('/kinship/codes', token => $token)->{status}, 200,
    'the connection goes on');
for my $kind (qw(png svg)) {
    my $answer = code($here, $token, path => "/kinship/code?picture=$kind");
    like($answer->{json}{picture}, qr{^data:image/$kind}, $kind);
    ok(length $answer->{content} < 5000, 'in 5 KB');
}


# ---- verified ----------------------------------------------------------------

$shown = code($here, $token);
my $checked = check($there, $shown->{json}{code});
is($checked->{json}{verdict}, 'genuine', 'genuine')
    or diag($checked->{content});
is($checked->{json}{name}, $shown->{json}{name}, 'of whom');
is($checked->{json}{colour}, 'green', 'and green');

my ($screenshot, $taken) = ($shown->{json}, time);
my $forged = $shown->{json}{code};
substr $forged, 20, 1, substr($forged, 20, 1) eq 'A' ? 'B' : 'A';
is(check($there, $forged)->{json}{verdict}, 'forged', 'forged');
is(check($there, 'https://example.cn')->{json}{verdict}, 'other',
    'something else');
is_problem(check($there, 'x', 'moon'), 422, 'invalid_fields', 'no place');
ok(scalar(grep { !$_->{kin} } @{ $here->get('/kinship/places',
    token => $gate)->{json}{places} }), 'some are not for relatives\' codes');


# ---- the office, and midnight ------------------------------------------------

sub clock {
    my ($status, $said) = $one->nginx->civicctl('clock', @_);

    return is($status, 0, "clock @_") || diag($said);
}

sub becomes {
    my ($colour, $name) = @_;

    return ok(eval { Civic::Process::wait_for($name, 6, sub {
        return code($here, $token)->{json}{colour} eq $colour
            && code($there, $token)->{json}{colour} eq $colour;
    }) }, $name);
}

my $set = office('measures', kind => 'home',
    since => '2027-02-28T12:00:00+08:00',
    until => '2027-03-02T00:00:00+08:00');
is($set->{status}, 200, 'a measure until midnight') or diag($set->{content});
is(code($here, $token)->{json}{colour}, 'green', 'which is to come');
clock('set', '2027-03-01T23:59:59.999+08:00', '--hold');
becomes('yellow', 'yellow before midnight in Shanghai');
$shown = code($here, $token);
is($shown->{json}{until}, '2027-03-02T00:00:00+08:00', 'and until when');
is(check($there, $shown->{json}{code})->{json}{colour}, 'yellow',
    'who verifies is told the same');
clock('set', '2027-03-02T00:00:00.000+08:00', '--hold');
becomes('green', 'green at midnight');

my $known = $here->post('/kinship/office/look-up', token => $cdc, json => {
    id_number => $person->{id_number}, purpose => 'appeal' });
is($known->{json}{measures}[0]{kind}, 'home', 'the office looks');
is_problem($here->post('/kinship/office/look-up', token => $gate, json => {
    id_number => $person->{id_number}, purpose => 'appeal' }), 403,
    'forbidden', 'nobody else does');

my $file = $there->request('POST', '/kinship/office/measures/file',
    token => $cdc, type => 'text/csv',
    body => "id_number,kind,since,until,reason\n"
        . "$person->{id_number},contact,2027-03-02 00:00:00,,r\n"
        . "123,contact,,,r\n");
is($file->{json}{set}, 1, 'one of a file') or diag($file->{content});
is($file->{json}{lines}[1]{error}, 'id_number_length', 'and one not');
becomes('red', 'red');
is(office('overrides', colour => 'green',
    until => '2027-03-03T00:00:00+08:00')->{status}, 200, 'an override');
becomes('green', 'green');
is(office('overrides/end')->{json}{changed}, $true, 'ended');
becomes('red', 'red again');


# ---- a screenshot, by now ----------------------------------------------------

sleep 0.2 while time < $taken + $screenshot->{refresh_in} + 0.2;
$checked = check($here, $screenshot->{code});
is($checked->{json}{verdict}, 'expired', 'a screenshot')
    or diag($checked->{content});
like($checked->{json}{age}, qr/^\d+$/, 'how old');
is($checked->{json}{name}, undef, 'and not of whom');


# ---- who looked --------------------------------------------------------------

my $looks = $here->get('/kinship/looks', token => $token);
is($looks->{json}{looks}[0]{role}, 'office', 'the office')
    or diag($looks->{content});
is((grep { $_->{role} eq 'door' && $_->{what} eq 'scan' }
    @{ $looks->{json}{looks} })[0]{place_label}, '公共场所',
    'and the door, at a place in words');
is_deeply($there->get('/kinship/looks', token => $old)->{json}{looks}, [],
    'nobody looked at another\'s');


# ---- its end -----------------------------------------------------------------

my ($pid) = map { /\{p:(.{22})\}/ } grep {
    ($redis->command('XLEN', $_) || 0) > 0 } $redis->keys('civic:{p:*}:looks');
ok($pid, 'whose it is');
is(code($here, $token)->{status}, 200, 'there');
is($here->delete('/civic/consents/health', token => $token)->{status}, 200,
    'withdrawn');
isnt(code($there, $token)->{status}, 200, 'gone at once');
ok(eval { Civic::Process::wait_for('erased', 10, sub {
    !$redis->command('EXISTS', "civic:{p:$pid}:looks") }) }, 'and erased');
is_problem(code($here, $token), 404, 'kinship_no_code', 'all of it');
is(code($here, $old)->{status}, 200, 'not another\'s');

for my $job (qw(kinship.facts kinship.looks)) {
    my ($status, $said) = $one->nginx->civicctl('job', 'run', $job);
    is($status, 0, "$job runs") or diag($said);
}


# ---- rules that would lose what they need --------------------------------------

for my $wrong (['keep_measure_days = 30', 'keep_measure_days = 6'],
               ['test_days = 0', 'test_days = 91'],
               ['list_most = 3 ', 'list_most = 8 ']) {
    my ($from, $to) = @$wrong;
    my $file = $one->nginx->rules . '/kinship.lua';
    open my $in, '<:raw', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    $text =~ s/\Q$from\E/$to/ or die "no $from";
    my $copy = $one->nginx->rules . '/copy/kinship.lua';
    system 'cp', '-r', Civic::Nginx::root() . '/lua/rules',
        $one->nginx->rules . '/copy' if !-e $copy;
    open my $out, '>:raw', $copy or die "$copy: $!";
    print {$out} $text;
    close $out;
    my ($status, $said) = $one->nginx->civicctl('rules', 'check', $copy);
    isnt($status, 0, "$to is refused");
    like($said, qr/expected/, 'and it is said why');
}


# ---- whose purpose it is -----------------------------------------------------

# Health data is sealed for a purpose that no plugin of exams declares.
my $build = Civic::Nginx::build();
for my $path (glob "$build/plugins/*.so") {
    my ($name) = $path =~ m{(\w+)\.so$};
    my $tables = ($one->nginx->civicctl('plugins', $path))[1];
    my ($purposes) = $tables =~ /^  purposes  (.*)$/m;
    my $has = grep { $_ eq 'health' } split / /, $purposes || '';

    is($has, $name =~ /^(?:kinship|sampling)$/ ? 1 : 0,
        "$name and what is sealed for health");
}

my $logs = join '', map { $_->nginx->log_text } $one, $two;
is((grep { index($logs, $_) >= 0 } @secrets), 0,
    'no number and no code in a log');

finish();
