# Consents on two nginx and one store: given, shown, withdrawn, also in the
# middle of their use, and what was kept under them erased, also when that
# fails at first or the worker dies meanwhile.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Process;

use File::Copy qw(copy);
use Time::HiRes qw(sleep);

my @with = (plugins => [ 'login', 'civic' ], fixtures => ['neighbour'],
    workers => 2);
my $one = civic(@with, people => 1);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis, start => 0);
system('cp', $one->nginx->keyring, $two->nginx->keyring);
$two->nginx->start;
$two->wait_ready;

my ($client, $other) = ($one->client, $two->client);
my $person = $one->person;
my $token = $client->login($person->{id_number}, $person->{password});
my $dir = Civic::Process::folder();
my $count = 0;

sub text_of {
    my (%arg) = @_;

    return $client->get('/civic/consents/texts/face', %arg)->{json};
}

sub body_of {
    my ($text, %change) = @_;

    return { purpose => 'face', method => 'tick_and_button',
        channel => 'web', app_version => '1.0',
        (map { $_ => $text->{$_} } qw(version digest language)),
        flags => { map { $_ => JSON::PP::true() } @{ $text->{flags} } },
        %change };
}

sub gives {
    my ($to, $body, %arg) = @_;

    return $to->post('/civic/consents', token => $token, json => $body,
        headers => { 'Idempotency-Key' => $arg{key} // 'key' . $count++ });
}

sub withdraws {
    my ($from, $purpose) = @_;

    return $from->delete('/civic/consents/' . ($purpose // 'face'),
        token => $token);
}

sub consents {
    my ($from) = @_;

    return @{ ($from // $client)->get('/civic/consents',
        token => $token)->{json}{consents} };
}

sub keeps {
    my ($from, %json) = @_;

    return $from->post('/neighbour/things', token => $token,
        json => { thing => 'x', %json });
}

# A request in a process of its own; its answer by the code that is returned.
sub meanwhile {
    my ($name, $code) = @_;
    my $pid = Civic::Process::background($name, sub {
        my $answer = $code->();
        open my $file, '>', "$dir/$name.new" or die $!;
        print {$file} "$answer->{status} ", $answer->{json}{code} // '-';
        close $file;
        rename "$dir/$name.new", "$dir/$name";
    });

    return sub {
        Civic::Process::wait_for($name, 15, sub { -e "$dir/$name"
            || !Civic::Process::alive($pid) });
        open my $file, '<', "$dir/$name" or return '';
        my $said = <$file>;
        close $file;
        unlink "$dir/$name";
        return $said;
    };
}

my ($key) = map { /^(civic:\{p:[^}]+\}:)/ } $redis->keys('civic:*:person');

# A field of the person's hash; while a slot moves nobody may own it.
sub field {
    my ($family, $field, @value) = @_;

    return Civic::Process::wait_for($field, 5, sub {
        my $answer = eval { [ $redis->command(@value ? 'HSET' : 'HGET',
            "$key$family", $field, @value) ] };
        $answer;
    })->[0];
}

sub erase_now {
    my ($status) = $two->nginx->civicctl('job', 'run', 'civic.erasures');

    return $status == 0;
}


# ---- texts ----

my $text = text_of();
is($text->{version}, 1, 'a version');
like($text->{text}, qr/^人脸信息处理同意书（示例）\n/, 'a text');
like($text->{digest}, qr/^[0-9a-f]{64}$/, 'its digest');
is_deeply($text->{flags}, ['face'], 'and what is ticked');
my $bytes = $text->{text};
utf8::encode($bytes);
open my $file, '>', "$dir/text" or die $!;
print {$file} $bytes;
close $file;
my $sm3 = `openssl dgst -sm3 -r $dir/text`;
is(substr($sm3, 0, 64), $text->{digest}, 'which is SM3 of what is shown');
is(text_of(headers => { 'Accept-Language' => 'en-GB' })->{language}, 'en',
    'in English');
is_problem($client->get('/civic/consents/texts/else'), 404, 'not_found',
    'none for another purpose');


# ---- giving ----

is_problem(keeps($client), 403, 'consent_required', 'without one');
is(keeps($client)->{json}{purpose}, 'face', 'and which');
for my $language (qw(zh-CN en)) {
    my $keyless = $client->post('/civic/consents', token => $token,
        json => body_of($text), headers => { 'Accept-Language' => $language });
    is_problem($keyless, 400, 'idempotency_key_required', 'without key');
    like($keyless->{json}{detail}, qr/Idempotency-Key/,
        "which is named in $language");
}
is_problem(gives($client, body_of($text, version => 2)), 409,
    'consent_text_changed', 'to a text that is not there');
is_deeply(field_errors(gives($client, body_of($text, flags => {}))),
    { '/flags/face' => 'required' }, 'without a tick');

my $given = gives($client, body_of($text), key => 'twice');
is($given->{status}, 201, 'given') or diag($given->{content});
my $again = gives($client, body_of($text), key => 'twice');
is($again->{headers}{'idempotent-replay'}, 'true', 'the same request');
is($again->{json}{consent_id}, $given->{json}{consent_id}, 'is the same');
is(gives($other, body_of(text_of(headers => { 'Accept-Language' => 'en' })))
    ->{json}{consent_id}, $given->{json}{consent_id},
    'and so is another one, in English, elsewhere');
is(scalar(consents($other)), 1, 'it is one');
is((consents($other))[0]{status}, 'active', 'that holds');
is(keeps($other)->{json}{things}, 1, 'what needs it works');
is(keeps($client)->{json}{things}, 2, 'here, too');


# ---- withdrawing ----

my $withdrawn = withdraws($other);
is($withdrawn->{status}, 200, 'withdrawn') or diag($withdrawn->{content});
ok($withdrawn->{json}{erased}, 'and all erased');
is(field('neighbour', 'things'), 0, 'indeed');
my ($record) = consents();
is($record->{status}, 'withdrawn', 'it is over');
is($record->{erased_items}, 2, 'with proof');
like($record->{$_}, qr/^20\d\d-.*\+08:00$/, $_)
    for qw(given_at ended_at erased_at);
is_problem(withdraws($client), 404, 'consent_not_given', 'once');
is_problem(keeps($client), 403, 'consent_required', 'nothing works with it');

# in the middle of its use
is(gives($client, body_of($text))->{status}, 201, 'given again');
my $answer = meanwhile('keeping', sub { keeps($one->client,
    hold_ms => 3000) });
sleep 1;
ok(withdraws($other)->{json}{erased}, 'withdrawn in the middle of its use');
is($answer->(), '403 consent_required', 'which then comes to nothing');
is(field('neighbour', 'things'), 0, 'and leaves nothing');


# ---- erasing that fails at first ----

is(gives($client, body_of($text))->{status}, 201, 'given again');
is(keeps($client)->{status}, 200, 'and used');
field('neighbour', 'refuses', 1);
$withdrawn = withdraws($client);
is($withdrawn->{status}, 200, 'withdrawn');
ok(!$withdrawn->{json}{erased}, 'but not erased yet');
is(field('neighbour', 'things'), 1, 'it is still there');
is_problem(keeps($other), 403, 'consent_required', 'though nobody adds to it');
is_problem(gives($client, body_of($text), key => 'early'), 409,
    'consent_erasing', 'nor gives a new consent');
Civic::Process::wait_for('the erasure', 40, sub { erase_now();
    (consents())[0]{erased_at} });
is(field('neighbour', 'things'), 0, 'the job erases it');
is((consents())[0]{erased_items}, 1, 'with proof');
is(gives($client, body_of($text), key => 'early')->{status}, 201,
    'the same request, with the same key, now works');
is(withdraws($client)->{status}, 200, 'withdrawn');


# ---- a plugin that keeps data is switched off, or to read-only ----

for my $state (qw(off read-only)) {
    is(gives($client, body_of($text))->{status}, 201, "$state: given again");
    is(keeps($client)->{status}, 200, 'and used');
    $one->nginx->civicctl('switch', 'neighbour', $state);
    $withdrawn = withdraws($client);
    is($withdrawn->{status}, 200, 'withdrawn all the same')
        or diag($withdrawn->{content});
    ok(!$withdrawn->{json}{erased}, 'and not erased yet');
    ok(!erase_now(), 'the job says so');
    is(field('neighbour', 'things'), 1, 'and erases nothing either');
    $one->nginx->civicctl('switch', 'neighbour', 'on');
    Civic::Process::wait_for('the erasure', 40, sub { erase_now();
        (consents())[0]{erased_at} });
    is(field('neighbour', 'things'), 0, 'later it is erased');
    is((consents())[0]{erased_items}, 1, 'with proof');
}


# ---- the worker dies between withdrawal and erasure ----

is(gives($client, body_of($text))->{status}, 201, 'given again');
is(keeps($client)->{status}, 200, 'and used');
field('neighbour', 'slow', 3000);
$one->nginx->allow(qr/exited on signal 9/);
$one->nginx->allow(qr/Sanitizer|==\d+==/);
$answer = meanwhile('withdrawing', sub {
    my $lonely = $one->client(unseen => 1);
    return eval { withdraws($lonely) } || { status => 'none', json => {} };
});
Civic::Process::wait_for('the withdrawal', 10,
    sub { !defined field('consents', 'face') });
my @workers = $one->nginx->workers;
kill 'KILL', @workers;
like($answer->(), qr/^none -|^404 consent_not_given/,
    'the worker dies; a client that asks again is told that it is done');
field('neighbour', 'slow', 0);
is((consents($other))[0]{status}, 'withdrawn', 'the withdrawal stands');
is_problem(gives($other, body_of($text)), 409, 'consent_erasing',
    'nobody mixes new data with the old');
Civic::Process::wait_for('the erasure', 60, sub { erase_now();
    (consents($other))[0]{erased_at} });
is(field('neighbour', 'things'), 0, 'the job erases it');
Civic::Process::wait_for('new workers', 10, sub {
    my %old = map { $_ => 1 } @workers;
    grep { !$old{$_} } $one->nginx->workers });
$client = $one->client;


# ---- what the operator withdraws ----

sub operator_withdraws {
    return $one->nginx->civicctl('consent', 'withdraw', '--pid', $_[0],
        '--purpose', $_[1]);
}

my ($pid) = $key =~ /\{p:([^}]+)\}/;
for (
    [ 'abc', 'face', qr/"abc" is no pid: one has 22 letters/ ],
    [ '*' x 22, 'face', qr/is no pid/ ],
    [ $pid, 'record:x', qr/"record:x" is no purpose/ ],
) {
    my ($whose, $purpose, $told) = @$_;
    my ($status, $said) = operator_withdraws($whose, $purpose);

    is($status, 2, "of $whose, $purpose");
    like($said, $told, 'what is wrong is said');
}
my ($status, $said) = operator_withdraws($pid, 'face');
is($status, 0, 'none that holds is no failure');
like($said, qr/there is no consent to withdraw/, 'and said');


# ---- what other plugins bring ----

# What a call answers; the neighbour makes it.
sub calls {
    my ($to, $name, %in) = @_;

    return $to->post('/neighbour/calls', json => { name => $name,
        in => JSON::PP->new->encode(\%in) })->{json}{out};
}

my $account = 'A' x 22;
my %identity = (pid => $account, purpose => 'identity',
    method => 'qr_confirm', channel => 'alipay');
my $brought = calls($client, 'civic.consent_give', %identity);
is($brought->{state}, 'given', 'a consent that was given to another plugin');
is_deeply(calls($other, 'civic.consent_give', %identity),
    { state => 'existing', id => $brought->{id} }, 'is one everywhere');
is(calls($other, 'civic.consent_give', %identity, version => 7)->{state},
    'outdated', 'but not to a text that is not there');
is_deeply(calls($other, 'civic.consents_carry', from => $account,
    to => $pid), { carried => 1 }, 'it goes with who is proven');
is_deeply(calls($client, 'civic.consents_carry', from => $account,
    to => $pid), { carried => 0 }, 'once');
is_deeply([ @{ (consents())[0] }{qw(consent_id purpose status)} ],
    [ $brought->{id}, 'identity', 'active' ], 'and is theirs');
is(withdraws($client, 'identity')->{status}, 200, 'to withdraw');
is_deeply(calls($client, 'civic.consents_carry', from => $account,
    to => $pid), { carried => 0 }, 'which stands');


# ---- a new version of the text ----

is(gives($other, body_of($text))->{status}, 201, 'given again');
is(keeps($client)->{status}, 200, 'and used');
for my $civic ($one, $two) {
    my $path = $civic->nginx->rules . '/civic.lua';
    open my $in, '<', $path or die $!;
    my $rules = do { local $/; <$in> };
    $rules =~ s/face = \{\s+version = 1/face = { version = 2/ or die;
    open my $out, '>', "$path.new" or die $!;
    print {$out} $rules;
    close $out;
    rename "$path.new", $path or die $!;
}
Civic::Process::wait_for('every worker to have the new text', 10, sub {
    !grep { $_->get('/civic/consents/texts/face')->{json}{version} != 2 }
        map { $_->worker_clients } $one, $two });
is_problem(gives($client, body_of($text)), 409, 'consent_text_changed',
    'who saw the old text is told');
is((consents())[0]{status}, 'outdated', 'the old consent is told as such');
is_problem(keeps($_), 403, 'consent_required', 'and nothing is done by it')
    for $client, $other;
my $new = gives($client, body_of(text_of()));
is($new->{status}, 201, 'the new one can be given');
is_deeply([ map { $_->{status} } (consents())[ 0, 1 ] ],
    [qw(active replaced)], 'and replaces the old');
is(keeps($client)->{json}{things}, 2, 'and works');


# ---- its time is over ----

sub business_clock {
    my ($rc, $says) = $one->nginx->civicctl('clock', @_);

    return is($rc, 0, "clock @_") || diag($says);
}

business_clock('set', '+179d');
is(keeps($_)->{status}, 200, 'within its time it holds') for $client, $other;
business_clock('set', '+2d');
Civic::Process::wait_for('both to see the time', 10, sub {
    !grep { keeps($_)->{status} != 403 } ($client, $other) x 4 });
is_problem(keeps($_), 403, 'consent_required', 'then nothing is done by it')
    for $client, $other;
is((consents($other))[0]{status}, 'retention_over', 'the list tells why');
my $ended = Civic::Process::wait_for('its end', 40, sub {
    $two->nginx->civicctl('job', 'run', 'civic.retentions');
    erase_now();
    my ($last) = consents($other);
    $last->{erased_at} && $last });
is($ended->{status}, 'retention_over', 'the job has ended it');
is($ended->{ended_at}, $ended->{retention_until}, 'by its own time');
ok($ended->{erased_items} >= 2, 'with proof');
is(field('neighbour', 'things'), 0, 'what it covered is erased');
my @told = grep { $_->{kind} eq 'civic.consent_over' }
    @{ $other->get('/civic/messages', token => $token)->{json}{messages} };
is(scalar(@told), 1, 'the person is told, once');
like($told[0]{text}, qr/人脸信息处理同意书/, 'of what');
is(gives($client, body_of(text_of()))->{status}, 201, 'and can consent anew');
is(keeps($other)->{status}, 200, 'which holds');
business_clock('reset');


# ---- a text that nobody could be shown ----

my $live = $one->nginx->rules . '/civic.lua';
my $good = slurp($live);

sub slurp {
    local (@ARGV, $/) = @_;

    return scalar <>;
}

sub save {
    my ($path, $text) = @_;

    open my $out, '>', "$path.new" or die $!;
    print {$out} $text;
    close $out;
    return rename "$path.new", $path;
}

# A change of the file, and what is told.
sub changed {
    my ($from, $to) = @_;
    my $bad = $good;

    $bad =~ s/$from/$to/ or die "$from is not there";
    return $bad;
}

my $face = 'consents.face: ';
my $days = 'a whole number from 1 to 36500';
my @bad = (
    [ qr/version = 2/, 'version = "2"',
        $face . 'version: expected a whole number from 1 to 999999999, found "2"' ],
    [ qr/version = 2/, 'version = 1.5',
        $face . 'version: expected a whole number from 1 to 999999999, found 1.5' ],
    [ qr/version = 2/, 'version = 0', $face . 'version: expected a whole '
        . 'number from 1 to 999999999, found 0' ],
    [ qr/version = 2,/, '',
        $face . 'version: expected a whole number from 1 to 999999999, found nothing' ],
    [ qr/retention_days = 180/, 'retention_days = -1',
        $face . "retention_days: expected $days, found -1" ],
    [ qr/retention_days = 730/, 'retention_days = 0',
        "consents.photo: retention_days: expected $days, found 0" ],
    [ qr/ en = "Consent to face/, ' fr = "Consent to face',
        $face . 'title.en: expected a text, found nothing' ],
    [ qr/ zh = "证件照处理/, ' zh = "", x = "证件照处理',
        'consents.photo: title.zh: expected a text, found ""' ],
    [ qr/alternative = \{/, 'alternative = "", x = {',
        'consents.identity: alternative: expected a table, found ""' ],
    [ qr/flags = \{ "face" \}/, 'flags = { "faces" }',
        $face . 'flags: expected face, health, minor, finance, location, '
        . 'identity or religion, found "faces"' ],
    [ qr/flags = \{ "face" \}/, 'flags = { face = true }',
        $face . 'flags: expected a list such as { "face" }, found "face"' ],
    [ qr/flags = \{ "face" \}/, 'flags = { [0] = "face" }',
        $face . 'flags: expected a list such as { "face" }, found 0' ],
    [ qr/flags = \{ "face" \}/, 'flags = "face"',
        $face . 'flags: expected a table, found "face"' ],
    [ qr/    photo = \{/, '    ["photo:id"] = {', 'consents["photo:id"]: '
        . 'expected a name of 1 to 32 small letters, digits and _, '
        . 'found "photo:id"' ],
    [ qr/rules\.handler = \{ zh =/, 'rules.handler = { cn =',
        'handler.zh: expected a text, found nothing' ],
    [ qr/rules\.messages_kept = 200/, 'rules.messages_kept = 5000',
        'messages_kept: expected a whole number from 1 to 1000, found 5000' ],
    [ qr/rules\.audit_days = 400/, 'rules.audit_days = 30',
        'audit_days: expected a whole number from 183 to 36500, found 30' ],
    [ qr/\["\*"\] = true/, '["*"] = "no"',
        'pushed.*: expected true or false, found "no"' ],
);

mkdir "$dir/rules" or die $!;
for my $bad (@bad) {
    my ($from, $to, $told) = @$bad;

    utf8::encode($_) for $from, $to;
    save("$dir/rules/civic.lua", changed($from, $to));
    my ($rc, $says) = $one->nginx->civicctl('rules', 'check',
        "$dir/rules/civic.lua");
    ok($rc != 0 && $says =~ /civic\.lua:\d+: \Q$told\E/, $told)
        or diag($says);
}

$one->nginx->log_mark;
$one->nginx->allow(qr/civic\.lua/);
save($live, changed(@{ $bad[0] }[ 0, 1 ]));
ok($one->nginx->log_has(qr/civic\.lua:\d+: \Q$bad[0][2]\E/, 10),
    'a live file is refused just so');
is(text_of()->{version}, 2, 'and the text of before is shown');
save($live, $good);

finish();
