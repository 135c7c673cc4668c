# Codes on paper on two nginx, with the media engine: a sheet for oneself and a
# relative, scanned from the picture and the print; verified by civicctl in a
# network of nobody and by python-cwt; and what is forged, over, revoked or
# lost.

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;

use Encode ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $root = Civic::Nginx::root();
my $build = Civic::Nginx::build();
my $folder = Civic::Process::folder();
my $media = Civic::Media->start(workers => 1);

for my $name (qw(one old)) {
    system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
        . "-out $folder/$name.pem 2>/dev/null; chmod 644 $folder/$name.pem; "
        . "openssl pkey -in $folder/$name.pem -pubout -out $folder/$name.pub");
}

sub kinship {
    my ($key, $old) = @_;

    return "kinship signing_key=$folder/$key.pem old_keys=$folder/$old.pub "
        . 'issuer=city.example';
}

my @with = (workers => 2, start => 0,
    allow => qr/kinship: name and number cannot be compared/);
# the second has the key that signed before: both believe both
my $one = civic(@with, people => 2,
    http => internal({ media => $media->location }),
    plugins => [ 'login', 'civic', 'staff', kinship('one', 'old') ]);
my $two = civic(@with, redis => $one->redis,
    http => internal({ media => $media->location }),
    plugins => [ 'login', 'civic', 'staff', kinship('old', 'one') ]);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->add_staff('desk', 'counter');
$one->add_staff('gate', 'door');
for my $civic ($one, $two) {
    $civic->nginx->start;
    $civic->wait_ready;
}

my $redis = $one->redis;
my ($here, $there) = map { $_->client } $one, $two;
my ($person, $elder) = $one->people;
my ($token, $old) = map { $here->login(@$_{qw(id_number password)}) }
    $one->people;
my ($desk, $gate) = map { $one->staff_token($_) } qw(desk gate);
my $true = JSON::PP::true();
my $key = 0;

my @pids;

for my $whose ($token, $old) {
    my $text = $here->get('/civic/consents/texts/health')->{json};
    $here->post('/civic/consents', token => $whose,
        headers => { 'Idempotency-Key' => 'consent' . $key++ }, json => {
            purpose => 'health', method => 'tick_and_button',
            channel => 'web', flags => { health => $true },
            map { $_ => $text->{$_} } qw(version digest language) });
    is($here->post('/kinship/code', token => $whose)->{status}, 200,
        'a code of one\'s own');
    push @pids, grep { my $pid = $_; !grep { $_ eq $pid } @pids }
        map { /\{p:(.{22})\}/ } $redis->keys('civic:{p:*}:health');
}

# A binding of the two, as both records have it.
my ($mine, $theirs) = @pids;
my $binding = 'binding0123456789abcdA';
my $since = int(time * 1000) - 1000;
$redis->command('HSET', "civic:{p:$mine}:kin", $theirs,
    "bound $binding $since parent");
$redis->command('HSET', "civic:{p:$theirs}:guardians", $mine,
    "$binding $since face parent");

sub sheet {
    my ($client, %json) = @_;
    my $answer = $client->post('/kinship/sheets', token => $token,
        headers => { 'Idempotency-Key' => 'sheet' . $key++ },
        json => \%json);

    is($answer->{status}, 201, 'a sheet') or diag($answer->{content});
    return $answer->{json};
}

sub save {
    my ($name, $bytes) = @_;

    open my $file, '>:raw', "$folder/$name" or die $!;
    print {$file} $bytes;
    close $file;
    return "$folder/$name";
}

# The codes that a scanner finds in a picture, sorted.
sub scanned {
    my ($path) = @_;

    return sort split /\n/, `zbarimg -q --raw -Sdisable -Sqrcode.enable $path 2>/dev/null`;
}

# What civicctl says of a code, in a network namespace without a network.
sub verified {
    my ($code, %arg) = @_;
    my $path = save('code', $code);
    my $alone = $> == 0 && system('unshare -n true 2>/dev/null') == 0
        ? 'unshare -n ' : '';
    my $at = $arg{at} ? "--at $arg{at}" : '';
    my $said = `${alone}env -u LANG LC_ALL=C $build/civicctl code verify $path --keys $folder/keys.json --revocations $folder/list.json $at 2>&1`;

    return ($? >> 8, $said);
}

sub verdict {
    my ($code, $exit, $verdict, $name, %arg) = @_;
    my ($is, $said) = verified($code, %arg);

    is($is, $exit, "$name: exit $exit") or diag($said);
    return like($said, qr/\($verdict\)$/m, "$name: $verdict");
}

sub take_along {
    save('keys.json', $here->get('/kinship/keys')->{content});
    return save('list.json', $here->get('/kinship/revocations')->{content});
}

# Until the list has so many entries.
sub list_has {
    my ($count, $name) = @_;
    my ($done, $list) = (time + 30);

    $one->nginx->civicctl('job', 'run', "kinship.$_") for qw(revoked list);
    do {
        sleep 0.2;
        $list = $there->get('/kinship/revocations');
    } until (($list->{json}{count} // -1) == $count || time > $done);
    is($list->{json}{count}, $count, $name);
    return take_along();
}


# ---- a sheet -----------------------------------------------------------------

my $made = sheet($here, own => $true, bindings => [$binding]);
is(scalar @{ $made->{codes} }, 2, 'of two people');

my $pdf = $there->get("/kinship/sheets/$made->{sheet_id}/pdf",
    token => $token);
is($pdf->{status}, 200, 'printed by the other nginx')
    or diag($pdf->{content});
like($pdf->{headers}{'content-disposition'}, qr/filename="codes\.pdf"/,
    'under a name');
my $path = save('sheet.pdf', $pdf->{content});
system("pdftoppm -r 150 -png $path $folder/print");
my @printed = scanned(glob "$folder/print-*.png");
is(scalar @printed, 2, 'both codes can be scanned from the print');

my $png = $here->get("/kinship/links/$made->{link}/png");
is($png->{status}, 200, 'a picture for a phone, by a link')
    or diag($png->{content});
is_deeply([ scanned(save('album.png', $png->{content})) ], \@printed,
    'with the same codes');

my $text = Encode::decode('UTF-8', `pdftotext -layout $path -`);
like($text, qr/\Q$_\E/, "\"$_\" is printed") for '一码通', '亲属码', '父母',
    '有效期至', '7天内有效', 'city.example';
unlike($text, qr/\Q$_\E/, 'no full name, no number')
    for map { ($_->{id_number}, $_->{name}) } $person, $elder;
unlike($text, qr/[红黄绿]码/, 'and no colour');

# what must be read from afar: the end's letters of 28 points, whose box in
# this font is 0.78 of that
my ($high) = sort { $b <=> $a } map { $_->[1] - $_->[0] } grep { $_->[2] } map {
    /yMin="([\d.]+)".*yMax="([\d.]+)">(\d+月\d+日)?/ ? [ $1, $2, $3 ] : () }
    split /\n/, Encode::decode('UTF-8', `pdftotext -bbox $path -`);
ok(($high || 0) > 27.5 * 0.779, 'the end of validity is 28 points high')
    or diag($high);


# ---- verified without a network ----------------------------------------------

list_has(0, 'nothing is revoked yet');
verdict($_, 0, 'ok', 'genuine') for @printed;

my ($first) = @printed;
my $changed = $first;
substr($changed, 120, 1) = substr($changed, 120, 1) eq '0' ? '1' : '0';
verdict($changed, 1, 'forged', 'one that was changed');
verdict("CIVIC1:" . lc substr($first, 7), 1, 'malformed', 'in lower case');
verdict("HC1:" . substr($first, 7), 1, 'other', 'of another prefix');
verdict($first, 1, 'expired', 'a week later',
    at => POSIX::strftime('%FT%TZ', gmtime(time + 168 * 3600 + 1)));
verdict($first, 1, 'early', 'before it was made',
    at => POSIX::strftime('%FT%TZ', gmtime(time - 7200)));
verdict($first, 3, 'list_old', 'with an old list',
    at => POSIX::strftime('%FT%TZ', gmtime(time + 4 * 86400)));

my ($is, $said) = verified($first);
like($said, qr/^name: .*\*/m, 'the masked name is said');

SKIP: {
    local $ENV{PYTHONPATH} = "$root/build/python";
    skip 'no python-cwt: tools/setup.sh test installs it', 4
        if system('python3 -c "import cwt" 2>/dev/null') != 0;

    for my $code (@printed) {
        my $claims = JSON::PP::decode_json(`python3 $root/t/http/paper_reader.py $folder/keys.json < @{[ save('code', $code) ]}`);
        is($claims->{1}, 'city.example', 'python-cwt takes it')
            or diag(JSON::PP::encode_json($claims));
        is($claims->{4} - $claims->{6}, 168 * 3600, 'for 168 hours');
    }
    my $claims = JSON::PP::decode_json(`python3 $root/t/http/paper_reader.py $folder/keys.json < @{[ save('code', $changed) ]}`);
    ok($claims->{refused}, 'and not what was changed');
}


# ---- scanned with a network --------------------------------------------------

sub check {
    my ($code) = @_;

    return $there->post('/kinship/checks', token => $gate,
        json => { code => $code, place => 'public' })->{json}{verdict};
}

is(check($first), 'genuine', 'the door takes it');
is(check($changed), 'forged', 'and not what was changed');


# ---- repeated, made again, revoked -------------------------------------------

my %again = (token => $token, json => { own => $true },
    headers => { 'Idempotency-Key' => 'the-same-key' });
my $once = $here->post('/kinship/sheets', %again);
is($there->post('/kinship/sheets', %again)->{json}{sheet_id},
    $once->{json}{sheet_id}, 'a repeat is the same sheet');

list_has(1, 'the own code was made again: the one before is revoked');
my @verdicts = sort map { (verified($_))[1] =~ /\((\w+)\)$/m } @printed;
is_deeply(\@verdicts, [ 'ok', 'revoked' ], 'and the relative\'s was not');
my @checks = sort map { check($_) } @printed;
is_deeply(\@checks, [ 'genuine', 'revoked' ], 'with a network, too');

# the signing key was exchanged: the other nginx signs with the other one
my $other = sheet($there, own => $true);
my $album = $here->get("/kinship/sheets/$other->{sheet_id}/png",
    token => $token);
my ($code) = scanned(save('other.png', $album->{content}));
take_along();
verdict($code, 0, 'ok', 'signed by the key before');

my $lost = $here->post('/kinship/counter/lost-sheets', token => $desk,
    json => { id_number => $person->{id_number}, reason => 'lost' });
is($lost->{json}{revoked}, 1, 'a lost sheet is revoked at the counter')
    or diag($lost->{content});
list_has(3, 'and stands in the list');
verdict($code, 1, 'revoked', 'the lost one');
is_problem($here->get("/kinship/sheets/$other->{sheet_id}/pdf",
    token => $token), 404, 'kinship_sheet_over', 'nor is it printed again');

my $list = $here->get('/kinship/revocations');
is($one->client(unseen => 1)->get('/kinship/revocations',
    headers => { 'If-None-Match' => $list->{headers}{etag} })->{status}, 304,
    'a list that did not change is not sent again');

# a list that somebody shortened
my $shorter = JSON::PP::decode_json($list->{content});
$shorter->{entries} = '';
$shorter->{count} = 0;
save('list.json', JSON::PP::encode_json($shorter));
verdict($code, 3, 'list_forged', 'with a list that was emptied');

finish();
