# Tickets, with the media engine and the exam's real file: seats asked for by
# civicctl on two nginx, late payers, seats given back; the sheet as a PDF that
# is read back, photo and code and all; the door.
#
# Who is entitled says a fixture (t/plugin/fixtures/review_paid.c), for here are
# more people than could be approved.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;

use Encode ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $exam = 'ticket-2026';
my $folder = Civic::Process::folder();
my $secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
my $media = Civic::Media->start(workers => 2);

for my $name (qw(one old)) {
    system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
        . "-out $folder/$name.pem 2>/dev/null; chmod 644 $folder/$name.pem; "
        . "openssl pkey -in $folder/$name.pem -pubout -out $folder/$name.pub");
}

my @with = (workers => 2, blobs => 'shared',
    plugins => [ 'login', 'civic', 'staff', 'exam', 'photo_check',
        "ticket signing_key=$folder/one.pem old_keys=$folder/old.pub "
        . 'issuer=exam.example' ],
    fixtures => [ 'review_paid', 'snapper', 'asker' ]);
my $one = civic(@with, people => 2, start => 0,
    http => internal({ media => $media->location }));
my $two = civic(@with, redis => $one->redis, start => 0,
    http => internal({ media => $media->location }));

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
system 'rm', '-rf', $two->nginx->folder . '/blobs';
symlink $one->nginx->folder . '/blobs', $two->nginx->folder . '/blobs'
    or die $!;
$one->nginx->civicctl('staff', 'add', '--name', 'gate', '--roles', 'door',
    '--password-stdin', '--totp-secret', $secret, \'Green-Gate-2026');
for my $each ($one, $two) {
    $each->nginx->start;
    $each->wait_ready;
}

my $redis = $one->redis;
my ($client, $other) = map { $_->client } $one, $two;


# ---- the exam ----------------------------------------------------------------

my $begins = int(time) + 40 * 86400;    # the exam
my $printing = $begins - 10 * 86400;

# rooms => [ [ code, seats ], ... ] of the site 01
sub load {
    my (@rooms) = @_;
    my %window = (from => china(time - 86400 * 9), until => china($printing));
    my $file = "$folder/exam.json";

    open my $out, '>', $file or die $!;
    print {$out} JSON::PP->new->utf8->encode({
        exam_id => $exam, title => { zh => '2026年全省公务员录用考试' },
        windows => { (map { $_ => \%window } qw(registration review payment)),
            printing => { from => china($printing),
                until => china($begins) } },
        fee => { fen => 0, title => { zh => '免费' } },
        photo_profile => 'default', form => [ { name => 'agrees', type => 'yes_no',
            label => { zh => '是否服从调剂' } } ],
        positions => [ { code => '0101', name => { zh => '综合管理科员' },
            unit => { zh => '西宁市城东区人民政府' }, places => 3,
            conditions => [] } ],
        subjects => [ { code => 'xc', name => { zh => '行政职业能力测验' },
            from => china($begins), until => china($begins + 7200) },
            { code => 'sl', name => { zh => '申论' },
              from => china($begins + 18000),
              until => china($begins + 28800) } ],
        sites => [ { code => '01', name => { zh => '西宁市第五中学' },
            address => { zh => '西宁市城东区示范路5号' },
            rooms => [ map { { code => $_->[0], seats => $_->[1],
                name => { zh => "第$_->[0]考场" } } } @rooms ] } ],
        ticket => { number_prefix => '6326', instructions => [
            { zh => '凭本准考证和有效居民身份证入场。' } ] },
    });
    close $out;

    my ($rc, $says) = $one->nginx->civicctl('exam', 'load', $file);
    is($rc, 0, scalar(@rooms) . ' rooms are loaded') or diag($says);
    return;
}

sub seat {
    return $one->nginx->civicctl('exam', 'seat', $exam);
}

# ---- people ------------------------------------------------------------------

my $number = $one->person(0)->{id_number};
my $name = '阿依古丽·买买提𠮷㐂';
my $token = $client->login($number, $one->person(0)->{password});
my ($me) = map { /\{p:(.{22})\}/ } grep {
    $redis->command('HGET', $_, 'password') } $redis->keys('civic:{p:*}:person');

# The pid by what a session of the person does: an inbox of its own.
$client->post('/asker/calls/civic.message', json => {
    pid => $me, kind => 'x.y', once => 'a', title_zh => 'a', title_en => 'a',
    text_zh => 'a', text_en => 'a' });
if (!@{ $client->get('/civic/messages', token => $token)->{json}{messages} }) {
    ($me) = grep { $_ ne $me } map { /\{p:(.{22})\}/ }
        $redis->keys('civic:{p:*}:person');
}

my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9);

sub stranger {
    my ($n) = @_;

    return sprintf('s%05d', $n) . join '', map { $letters[ ($n * 7 + $_ * 13)
        % @letters ] } 1 .. 16;
}

sub pays {
    for my $pid (@_) {
        $redis->command('HSET', "civic:{review:$exam}:who", $pid,
            Encode::encode_utf8("0101|$number|$name"));
        $redis->command('SADD', "civic:{review:$exam}:paid", $pid);
    }
    return;
}

sub leaves {
    my ($pid) = @_;

    $redis->command('HDEL', "civic:{review:$exam}:who", $pid);
    $redis->command('SREM', "civic:{review:$exam}:paid", $pid);
    return;
}

# number => pid, and each person once.
sub seats {
    my %seats = @{ $redis->command('HGETALL', "civic:{ticket:$exam}:seats") };
    my %people = @{ $redis->command('HGETALL',
        "civic:{ticket:$exam}:people") };
    my %by_people;

    for my $pid (keys %people) {
        my ($seat, undef, $state) = split / /, $people{$pid};

        $by_people{$seat} = $pid if $state eq 'seated';
    }
    is_deeply(\%by_people, \%seats, 'each seat one person, each person one');
    return \%seats;
}


# ---- seating -----------------------------------------------------------------

# Ten years of exams, more than a run looks at: this one is among them.
Civic::Exam::enter_old($redis, 2500);
$redis->command('SADD', 'civic:{review:fixture}:exams', $exam,
    map { sprintf 'old-%04d', $_ } 1 .. 300);

my ($rc, $says) = seat();
is($rc, 1, 'no exam, no seats');
like($says, qr/$exam/, 'it is named');

load([ '001', 30 ], [ '002', 30 ], [ '003', 30 ], [ '004', 30 ]);

# What review's index says of who applies: "<version> <state> <position>
# <entitled> <order's version>".
sub index_says {
    my %rows = @_;
    my $key = "civic:{review:$exam}:applications";

    $redis->command('DEL', $key);
    $redis->command('HSET', $key, %rows) if %rows;
    return;
}

index_says(map { stranger(700 + $_) => "3 approved 6301001 0 1" } 1 .. 600);
($rc, $says) = seat();
is($rc, 0, 'a round before anybody is known to have paid');
like($says, qr/seated 0, kept 0/, 'seats nobody');
like($says, qr/^as this round saw it, 0 people were entitled /m, 'for so many');
like($says, qr/^600 more are approved and not known to have paid: .* ask again$/m,
    'and says that it is not final');
index_says(stranger(1) => '4 approved 6301001 1 2',
    stranger(2) => '3 approved 6301001 0 1', stranger(3) => '1 draft . 0 0',
    stranger(4) => '2 submitted 6301001 0 0', stranger(5) => 'damaged');

my @people = ($me, map { stranger($_) } 1 .. 99);
pays(@people);

# Twice at once, and a reload beside them.
my $pid = fork // die $!;
if ($pid == 0) {
    open STDOUT, '>', "$folder/second";
    my ($second) = $two->nginx->civicctl('exam', 'seat', $exam);
    POSIX::_exit($second);
}
$two->nginx->reload;
($rc, $says) = seat();
waitpid $pid, 0;
is($rc, 0, 'everybody has a seat') or diag($says);
is($? >> 8, 0, 'and who asked at the same time is told so');
like($says, qr/round \d+: seated \d+, kept \d+, given back 0, without a seat 0/,
    'in words');
like($says, qr/^as this round saw it, 100 people were entitled /m, 'of whom');
like($says, qr/^1 more is approved and not known to have paid: /m,
    'and who is not');
index_says();
my $before = seats();
is(scalar(keys %$before), 100, 'a hundred seats');
is((sort keys %$before)[-1], '63260100410', 'the first hundred');

# Late payers, and one too many.
my @late = map { stranger($_) } 200 .. 224;
pays(@late);
($rc, $says) = seat();
is($rc, 1, 'places are missing');
like($says, qr/seated 20, kept 100, given back 0, without a seat 5/, 'counted');
like($says, qr/5 places are missing/, 'and told');
like($says, qr/^as this round saw it, 125 people were entitled /m, 'with them');
unlike($says, qr/ more /, 'everybody has paid');
my $after = seats();
is((grep { $after->{$_} ne $before->{$_} } keys %$before), 0,
    'nobody was moved');

leaves($late[0]);
leaves($people[1]);
my ($free) = grep { $after->{$_} eq $people[1] } keys %$after;
my $told = $client->post('/asker/calls/ticket.entitlement',
    json => { pid => $people[1], exam_id => $exam,
        entitled => JSON::PP::false() });
ok($told->{json}{out}{given_back}, 'a seat is given back at once')
    or diag($told->{content});
load([ '001', 30 ], [ '002', 30 ], [ '003', 30 ], [ '004', 30 ],
    [ '005', 30 ]);
($rc, $says) = seat();
is($rc, 0, 'with a room more there is a place for all') or diag($says);
my $last = seats();
is(scalar(keys %$last), 123, 'of those that are left');
isnt($last->{$free}, $people[1], 'the seat that was free is somebody else\'s');

($rc, $says) = $one->nginx->civicctl('exam', 'seat', $exam, '--report');
is($rc, 0, 'the report can be read again');
like($says, qr/given back/, 'in the same words');

sub trail {
    return join '', map { ($_->nginx->civicctl('audit', 'show'))[1] }
        $one, $two;
}

Civic::Process::wait_for('the audit trail', 20,
    sub { trail() =~ /ticket\.given_back/ });
like(trail(), qr/ticket\.seating_asked/, 'asking for seats is told, too');


# ---- printing ----------------------------------------------------------------

sub clock {
    my ($at) = @_;
    my ($failed, $why) = $one->nginx->civicctl('clock', 'set', china($at));

    is($failed, 0, 'it is ' . china($at)) or diag($why);
    return;
}

sub once {
    my ($path, $session, $want) = @_;
    my ($answer, $end) = (undef, time + 40);

    # the clock comes to all workers in a moment
    for my $server ($client, $other) {
        do {
            sleep 0.1 if $answer;
            $answer = $server->get($path, token => $session);
        } while ($answer->{status} != $want && time < $end);
    }
    return $answer;
}

my $mine = "/ticket/tickets/$exam";
my $answer = $client->get("$mine/pdf", token => $token);
is($answer->{status}, 409, 'nobody prints before');
is($answer->{json}{code}, 'ticket_not_yet', 'and is told so');
is($answer->{json}{possible_at}, china($printing), 'and from when on');

my $photo = sprintf '%021dA', 1;
$answer = $client->post("/snapper/photos?name=$number&id=$photo&state=passed",
    body => photo('good.jpg'), type => 'image/jpeg');
is($answer->{status}, 201, 'a photo that was passed');

clock($printing + 60);
$answer = once("$mine/pdf", $token, 200);
is($answer->{status}, 200, 'on the first day there is a sheet')
    or diag($answer->{content});
is($answer->{headers}{'content-type'}, 'application/pdf', 'a PDF');
like($answer->{headers}{'content-disposition'}, qr/ticket-$exam\.pdf/,
    'with a name');
is($answer->{headers}{'civic-missing'}, undef, 'and a font for each character');

open my $out, '>:raw', "$folder/ticket.pdf" or die $!;
print {$out} $answer->{content};
close $out;
my $text = do {
    open my $in, '-|:utf8', "pdftotext -layout $folder/ticket.pdf -"
        or die $!;
    local $/;
    <$in>;
};
$text =~ s/ +//g;
my ($seat) = grep { $last->{$_} eq $me } keys %$last;
for my $part ($name, $number, $seat, '2026年全省公务员录用考试',
    '综合管理科员', '西宁市城东区人民政府', '西宁市第五中学', '示范路5号',
    '行政职业能力测验', '申论', '考生须知', '有效居民身份证')
{
    like($text, qr/\Q$part\E/, 'the sheet has it');
}
like(`pdfimages -list $folder/ticket.pdf`, qr/image/, 'and pictures');
is(() = `pdfinfo $folder/ticket.pdf` =~ /Pages:\s+1$/m, 1, 'on one page');
like(`pdfinfo $folder/ticket.pdf`, qr/A4/, 'of A4');

system "pdftoppm -r 150 -png $folder/ticket.pdf $folder/sheet";

# A code may have spaces.
sub code_of {
    my ($picture) = @_;

    return (`zbarimg -q --raw -Sdisable -Sqrcode.enable $folder/$picture 2>/dev/null` =~ /(.*)/)[0];
}

my $code = code_of('sheet-1.png');
like($code, qr/^CIVIC1:/, 'its code can be scanned');

my $preview = $client->get("$mine/preview", token => $token);
is($preview->{headers}{'content-type'}, 'image/png', 'a picture of it');
open $out, '>:raw', "$folder/preview.png" or die $!;
print {$out} $preview->{content};
close $out;
like(code_of('preview.png'), qr/^CIVIC1:/, 'whose code can be scanned from the screen, too');

my $shown = $client->get($mine, token => $token)->{json};
is($shown->{number}, $seat, 'the number can be seen');
is($client->get("/ticket/links/$shown->{link}/pdf")->{status}, 200,
    'a link needs no session');
is($client->get('/ticket/links/' . reverse($shown->{link}) . '/pdf')->{status},
    404, 'nor is a made-up one any good');
is(scalar(@{ $client->get('/ticket/tickets', token => $token)
    ->{json}{tickets} }), 1, 'one ticket is mine');
is($client->get("$mine/pdf", token => $client->login(
    $one->person(1)->{id_number}, $one->person(1)->{password}))
    ->{json}{code}, 'ticket_no_seat', 'and nobody else\'s');
Civic::Process::wait_for('a message', 40, sub {
    grep { $_->{kind} =~ /^ticket\./ } @{ $client->get('/civic/messages',
        token => $token)->{json}{messages} } });


# ---- many at once, and no engine ---------------------------------------------

my @runs = map {
    my $run = fork // die $!;

    if ($run == 0) {
        my $n = 0;

        for (1 .. 5) {
            my $status = ($_ % 2 ? $client : $other)->get("$mine/pdf",
                token => $token)->{status};
            $n++ if $status == 200 || $status == 503;
        }
        POSIX::_exit($n == 5 ? 0 : 1);
    }
    $run;
} 1 .. 6;
my $bad = grep { waitpid $_, 0; $? != 0 } @runs;
is($bad, 0, 'thirty sheets at once: each is drawn, or its owner told when');

$media->stop;
$answer = $client->get("$mine/pdf", token => $token);
is($answer->{status}, 503, 'without an engine');
is($answer->{json}{code}, 'ticket_drawing_down', 'it is said so');
is($answer->{json}{retry_after}, 10, 'and when to come again');


# ---- the door ----------------------------------------------------------------

my $totp = $one->nginx->civicctl('staff', 'code', '--secret', $secret);
chomp $totp;
my $door = $client->post('/staff/sessions', json => { name => 'gate',
    password => 'Green-Gate-2026', totp => $totp })->{json}{token};
ok($door, 'somebody stands at the door');

sub scan {
    my ($what, %more) = @_;

    return $other->post('/ticket/checks', token => $door, json => {
        token => $what, exam_id => $exam, %more })->{json};
}

is(scan($code)->{verdict}, 'not_now', 'ten days before nobody comes in');
clock($begins - 3600);
Civic::Process::wait_for('the clock', 10,
    sub { scan($code)->{verdict} eq 'genuine' });
my $first = $redis->command('HLEN', "civic:{ticket:$exam}:door");
is($first, 1, 'who comes is noted once');
my $found = scan($code);
is($found->{verdict}, 'genuine', 'the code is genuine');
ok($found->{already_at}, 'and somebody is in already');
is($found->{number}, $seat, 'whose number');
is($found->{name}, $name, 'whose name');
unlike(JSON::PP::encode_json($found), qr/$number/, 'but not the whole number');
my $face = $client->get($found->{photo_url});
is($face->{status}, 200, 'the face can be seen');
is($face->{content} eq photo('good.jpg'), 1, 'it is the photo');

(my $forged = $code) =~ s/(.{40})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/e;
like(scan($forged)->{verdict}, qr/^(forged|unreadable)$/, 'a letter off');
is(scan('https://example.cn/')->{verdict}, 'unreadable', 'another code');
is(scan($code, site => '02')->{verdict}, 'other_site', 'another site');
is($other->post('/ticket/checks', token => $token,
    json => { token => $code, exam_id => $exam })->{status}, 403,
    'the door is for its staff');

leaves($me);
is(scan($code)->{verdict}, 'revoked', 'who is not entitled does not come in');
is($client->get('/ticket/keys')->{json}{keys}[0]{public_key},
    do { open my $in, '<', "$folder/one.pub" or die $!; local $/; <$in> },
    'the key that verifies it is public');

# The key is looked at.
my $doctor = ($one->nginx->civicctl('doctor'))[1];
like($doctor, qr/ticket: user "\S+" can read \Q$folder\E\/one\.pem/,
    'doctor finds the key');
like($doctor, qr/warn.*one\.pem \(signing_key\) has mode 0644/,
    'and that everybody can read it');

# nothing of the person where it does not belong
for my $each ($one, $two) {
    unlike($each->nginx->log_text, qr/$number|\Q$code\E/, 'the log has none');
}
finish();
