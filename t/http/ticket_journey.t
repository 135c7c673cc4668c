# From an application to the ticket, with the real plugins and nobody's stand-in:
# submitted, approved at the desk, free of charge, seated by civicctl, printed;
# and turned round by two reviewers afterwards: the seat is given back.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;

use Time::HiRes qw(sleep time);

my $exam = 'whole-2026';
my $folder = Civic::Process::folder();
my $key = "$folder/key.pem";
my $media = Civic::Media->start(workers => 1);

system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");

my $civic = civic(people => 2, start => 0, workers => 2,
    plugins => [ 'login', 'civic', 'staff', 'exam', 'review',
        "ticket signing_key=$key" ],
    http => internal({ media => $media->location }));
my $nginx = $civic->nginx;

$civic->add_staff($_, 'reviewer') for qw(anna bela);
$nginx->start;
$civic->wait_ready;

my $client = $civic->client;
my @token = map { $client->login(@$_{qw(id_number password)}) }
    $civic->people;

my %window = (from => china(time - 3600), until => china(time + 7200));
my $file = Civic::Exam::write($folder, Civic::Exam::file(
    exam_id => $exam, title => { zh => '公务员考试' },
    windows => { map { $_ => \%window }
        qw(registration review payment printing) },
    fee => { fen => 0, title => { zh => '免费' } },
    form => [ { name => 'phone', type => 'phone', label => { zh => '手机' } } ],
    positions => [ { code => 'P1', name => { zh => '科员' },
        unit => { zh => '人社厅' }, places => 2, conditions => [] } ]));
is(($nginx->civicctl('exam', 'load', $file))[0], 0, 'an exam');


# ---- applied, and approved ---------------------------------------------------

my %staff = map { $_ => $civic->staff_token($_) } qw(anna bela);
my $n = 0;

for my $token (@token) {
    my $saved = $client->request('PATCH', "/review/applications/$exam",
        token => $token, json => { version => 0, position => 'P1',
            answers => [ { field => 'phone', value => '13897460001' } ] });
    my $sent = $client->post("/review/applications/$exam/submit",
        token => $token, headers => { 'Idempotency-Key' => 's' . $n++ },
        json => { version => $saved->{json}{version}, declaration => \1 });

    is($sent->{json}{state}, 'submitted', 'submitted')
        or diag($saved->{content}, $sent->{content});
}

is(($nginx->civicctl('exam', 'seat', $exam))[0], 0, 'a round too early');
like(($nginx->civicctl('exam', 'seat', $exam, '--report'))[1],
    qr/seated 0, kept 0/, 'seats nobody');

sub run_jobs {
    $nginx->civicctl('job', 'run', "review.$_") for qw(work money tell);
    return;
}

sub next_item {
    my $item;

    Civic::Process::wait_for('somebody to decide about', 20, sub {
        run_jobs();
        $item = $client->post("/review/items/next?exam_id=$exam",
            token => $staff{anna});
        return $item->{status} == 200;
    });
    return $item->{json};
}

my @ids;
for (@token) {
    my $item = next_item();
    my $done = $client->post("/review/items/$item->{application_id}/approve"
        . "?exam_id=$exam", token => $staff{anna},
        json => { version => $item->{version} });

    is($done->{status}, 200, 'approved') or diag($done->{content});
    push @ids, $item->{application_id};
}
run_jobs();


# ---- seated, and printed -----------------------------------------------------

my ($rc, $says);
Civic::Process::wait_for('two seats', 20, sub {
    run_jobs();
    ($rc, $says) = $nginx->civicctl('exam', 'seat', $exam);
    return $says =~ /seated 2|kept 2/;
});
is($rc, 0, 'both have a seat');

my @number;
for my $i (0, 1) {
    my $mine = $client->get("/ticket/tickets/$exam", token => $token[$i])
        ->{json};

    ok($mine->{printable}, 'it can be printed');
    push @number, $mine->{number};

    my $pdf = $client->get("/ticket/tickets/$exam/pdf", token => $token[$i]);
    is($pdf->{status}, 200, 'and is') or diag($pdf->{content});
    open my $out, '>:raw', "$folder/t.pdf" or die $!;
    print {$out} $pdf->{content};
    close $out;
    my $text = do { open my $in, '-|:utf8', "pdftotext -layout $folder/t.pdf -"
        or die $!; local $/; <$in> };
    my $person = $civic->person($i);
    like($text, qr/$person->{id_number}/, 'with the number of the document');
    like($text, qr/\Q$person->{name}\E/, 'the name');
    like($text, qr/$number[$i]/, 'and the ticket');
    like($text, qr/科员（P1）/, 'for the position');
}
isnt($number[0], $number[1], 'each has a number');


# ---- turned round ------------------------------------------------------------

sub desk {
    my ($who, $what, %body) = @_;
    my $answer = $client->post("/review/items/$ids[0]/$what?exam_id=$exam",
        token => $staff{$who}, %body ? (json => { %body }) : ());

    is($answer->{status}, 200, "$who: $what") or diag($answer->{content})
        if $what ne 'release';
    return $answer->{json};
}

# Whose application that is.
my ($whose) = grep { ($client->get("/review/applications/$exam",
    token => $token[$_])->{json}{application_id} // '') eq $ids[0] } 0, 1;
my $seen = desk('anna', 'take');
desk('anna', 'reversal', version => $seen->{version},
    reasons => ['certificate'], why => '证书是伪造的');
desk('anna', 'release');
$seen = desk('bela', 'take');
desk('bela', 'reversal/confirm', version => $seen->{version});

Civic::Process::wait_for('the seat to be given back', 20, sub {
    run_jobs();
    return $civic->redis->command('HLEN', "civic:{ticket:$exam}:seats") == 1;
});
is($client->get("/ticket/tickets/$exam/pdf", token => $token[$whose])
    ->{json}{code}, 'ticket_no_seat', 'there is no ticket any more');
is($client->get("/ticket/tickets/$exam/pdf", token => $token[1 - $whose])
    ->{status}, 200, 'the other one has it still');
Civic::Process::wait_for('the message', 20, sub {
    grep { $_->{kind} eq 'ticket.back' } @{ $client->get('/civic/messages',
        token => $token[$whose])->{json}{messages} } });
like(($nginx->civicctl('exam', 'seat', $exam))[1],
    qr/seated 0, kept 1, given back 1/, 'and the next round counts it');
Civic::Process::wait_for('the audit trail', 20, sub {
    ($nginx->civicctl('audit', 'show'))[1] =~ /ticket\.given_back/ });
finish();
