# What an exam leaves behind goes by its rules, with everything real: an exam
# that people applied to, at the desk, in seats and at the door.  As the clock
# passes the days of the rules seats go, then the draft, then the applications,
# and in the year after an order that nobody has paid; whoever asks afterwards
# gets a clear answer, and the audit trail the proof.  Seats go of more exams
# than any list has.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Process;

use Encode ();
use Time::HiRes qw(sleep time);

my $exam = 'kept-2026';
my $folder = Civic::Process::folder();
my $key = "$folder/key.pem";

system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");

my $civic = civic(people => 3, start => 0, workers => 2,
    plugins => [ 'login', 'civic', 'staff', 'exam', 'review',
        'payment seller_id=2088000000009999 '
            . 'notify_url=https://a.example/payment/alipay/notifications',
        "ticket signing_key=$key" ]);
my $nginx = $civic->nginx;

# Seats are kept for a day, drafts for two, applications for five.
sub change_rules {
    my ($plugin, %change) = @_;
    my $path = $nginx->rules . "/$plugin.lua";

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
change_rules('ticket', 'keep_seats = 365' => 'keep_seats = 1',
    'days = 365' => 'days = 1');
change_rules('review', 'keep_applications = 730' => 'keep_applications = 5',
    'days = 730' => 'days = 5', 'keep_drafts = 180' => 'keep_drafts = 2',
    'days = 180' => 'days = 2');
change_rules('payment', 'keep_unpaid_orders = 730' => 'keep_unpaid_orders = 1',
    'days = 730' => 'days = 1', 'compare_bills = true' => 'compare_bills = false',
    'compare = true' => 'compare = false');

$civic->add_staff('anna', 'reviewer');
$civic->add_staff('olga', 'office');
$nginx->start;
$civic->wait_ready;

my $client = $civic->client;
my $redis = $civic->redis;
my @token = map { $client->login(@$_{qw(id_number password)}) }
    $civic->people;
my $anna = $civic->staff_token('anna');
my $olga = $civic->staff_token('olga');


# ---- an exam, and who applied to it --------------------------------------------

my %window = (from => china(time - 3600), until => china(time + 7200));
my $file = Civic::Exam::write($folder, Civic::Exam::file(
    exam_id => $exam, title => { zh => '公务员考试' },
    windows => { map { $_ => \%window }
        qw(registration review payment printing) },
    fee => { fen => 0, title => { zh => '免费' } },
    form => [ { name => 'school', type => 'text',
        label => { zh => '毕业院校' } } ],
    subjects => [ { code => 'xc', name => { zh => '科目' },
        from => china(time + 86400 - 7200), until => china(time + 86400) } ],
    positions => [ { code => 'P1', name => { zh => '科员' },
        unit => { zh => '人社厅' }, places => 2, conditions => [] } ]));
is(($nginx->civicctl('exam', 'load', $file))[0], 0, 'an exam, over in a day');

for my $n (0 .. 2) {
    my $saved = $client->request('PATCH', "/review/applications/$exam",
        token => $token[$n], json => { version => 0, position => 'P1',
            answers => [ { field => 'school', value => '青海大学' } ] });
    is($saved->{status}, 200, "person $n has saved") or diag($saved->{content});
    next if $n == 2;
    my $sent = $client->post("/review/applications/$exam/submit",
        token => $token[$n], headers => { 'Idempotency-Key' => "s$n" },
        json => { version => $saved->{json}{version}, declaration => \1 });
    is($sent->{json}{state}, 'submitted', 'and submitted')
        or diag($sent->{content});
}

sub run_jobs {
    $nginx->civicctl('job', 'run', "review.$_") for qw(work tell);
    return;
}

my $item;
Civic::Process::wait_for('somebody to decide about', 20, sub {
    run_jobs();
    $item = $client->post("/review/items/next?exam_id=$exam",
        token => $anna);
    return $item->{status} == 200;
});
is($client->post("/review/items/$item->{json}{application_id}/approve"
    . "?exam_id=$exam", token => $anna,
    json => { version => $item->{json}{version} })->{status}, 200,
    'one is approved, one waits, one is a draft');

my $seated;
Civic::Process::wait_for('a seat', 20, sub {
    run_jobs();
    ($nginx->civicctl('exam', 'seat', $exam))[1] =~ /seated 1|kept 1/ });
my ($pid) = values %{ { @{ $redis->command('HGETALL',
    "civic:{ticket:$exam}:seats") } } };
my ($number) = keys %{ { @{ $redis->command('HGETALL',
    "civic:{ticket:$exam}:seats") } } };
$redis->command('HSET', "civic:{ticket:$exam}:door", "$number:xc", '1 c ab');

# An order of the office's own, with nothing to pay for it any more.
my $order = $client->post('/payment/orders', token => $olga,
    headers => { 'Idempotency-Key' => 'o1' },
    json => { id_number => $civic->person(0)->{id_number}, item => 'exam:late',
        title => '补报名费', fen => 100, until => china(time + 3600) });
is($order->{status}, 201, 'an order') or diag($order->{content});
$order = $order->{json}{order_id};

# The exam again, of other names, each with a person who has a seat: by Redis,
# for that is quick.
sub copy_exam {
    my ($name) = @_;

    for my $key (qw(head positions:1)) {
        my @fields = @{ $redis->command('HGETALL', "civic:{exam:$exam}:$key") };
        s/\Q$exam\E/$name/g for $key eq 'head' ? @fields : ();
        $redis->command('HSET', "civic:{exam:$name}:$key", @fields);
    }
    $redis->command('HSET', 'civic:{exams}', $name,
        $redis->command('HGET', 'civic:{exams}', $exam) =~ s/\Q$exam\E/$name/gr);
    $redis->command('HSET', "civic:{ticket:$name}:order", 'seed', $exam);
    return $redis->command('HSET', "civic:{ticket:$name}:people", $pid,
        "$number P1 seated 2");
}
copy_exam(sprintf 'many-%03d', $_) for 1 .. 205;

sub keys_of_many {
    return scalar(() = $redis->keys('civic:{ticket:many-*}:people'));
}
is(keys_of_many(), 205, '205 exams more');


# ---- what there is -------------------------------------------------------------

sub application {
    my ($n) = @_;

    return $client->get("/review/applications/$exam", token => $token[$n]);
}

sub state_of { return join ' ', map { application($_)->{json}{state} } 0 .. 2 }

sub keys_of_seats {
    return join ' ', map { /:(\w+)\z/ } $redis->keys("civic:{ticket:$exam}*");
}

# Which of them are named in the exam's indexes.
sub named {
    my %named;

    for my $name ("civic:{review:$exam}:applications",
        "civic:{review:$exam}:ids")
    {
        my %index = @{ $redis->command('HGETALL', $name) };
        $named{$_} = 1 for $name =~ /ids/ ? values %index : keys %index;
    }
    return scalar keys %named;
}

sub waiting { return $redis->command('ZCARD', "civic:{reviews:$exam}:waiting") }

sub count {
    return { @{ $redis->command('HGETALL', "civic:{review:$exam}:counts") } };
}

# The clock goes on by so long, and the jobs go by it.
sub hours_later {
    my ($hours) = @_;

    is(($nginx->civicctl('clock', 'set', "+${hours}h"))[0], 0,
        "$hours hours later");
    sleep 2.5;                          # every worker knows of it
    $redis->command('DEL', "civic:{review:rebuild:$_}") for 0 .. 15;
    $nginx->civicctl('job', 'run', 'ticket.retention');
    $nginx->civicctl('job', 'run', 'review.rebuild');
    run_jobs();
    return;
}

sub becomes {
    my ($name, $wanted, $look) = @_;

    eval { Civic::Process::wait_for($name, 20, sub {
        run_jobs();
        return $look->() eq $wanted }) };
    return is($look->(), $wanted, $name);
}

my ($approved) = grep {
    application($_)->{json}{state} eq 'approved' } 0 .. 2;
my $before = state_of();
like($before, qr/approved/, "all is there: $before");
becomes('the index names all of them', 3, \&named);
is(waiting(), 1, 'and one waits at the desk');
is(count()->{P1}, 2, 'two have applied for the position');

hours_later(45);
is(state_of(), $before, 'not yet: applications');
is(keys_of_seats(), 'door order people seats', 'nor seats');
is(keys_of_many(), 205, 'nor those of other exams');


# ---- seats go ------------------------------------------------------------------

hours_later(4);
becomes('nothing is left of seats but that there was a round', 'order',
    \&keys_of_seats);
becomes('nor of any other exam', 0, \&keys_of_many);
is(state_of(), $before, 'applications stay');
is($client->get("/ticket/tickets/$exam", token => $token[$approved])
    ->{json}{code}, 'ticket_no_seat', 'there is no ticket');
is_deeply($client->get('/ticket/tickets', token => $token[$approved])
    ->{json}{tickets}, [], 'nor in the list');
my ($rc, $says) = $nginx->civicctl('exam', 'seat', $exam);
like($says, qr/seated 0, kept 0/, 'and nobody is seated any more');
is(keys_of_seats(), 'order', 'whatever the office asks');


# ---- the draft, then the applications --------------------------------------------

hours_later(24);
(my $without = $before) =~ s/draft/none/;
becomes('the draft is gone', $without, \&state_of);
becomes('and out of the index', 2, \&named);

hours_later(72);
becomes('all are gone', 'none none none', \&state_of);
becomes('out of the index', 0, \&named);
is(waiting(), 0, 'and of the queue');
is(count()->{P1}, 2, 'how many had applied is a number, and stays');
is_deeply([ grep { /\{p:/ } $redis->keys('civic:*:review') ], [],
    'nobody has a record any more');

my $answer = application(0);
is($answer->{status}, 200, 'the citizen asks, and is answered');
unlike(Encode::decode('UTF-8', $answer->{content}), qr/青海大学/,
    'without what was filled in');
is_deeply($client->get('/review/applications', token => $token[0])
    ->{json}{applications}, [], 'the list is empty');
is($client->request('PATCH', "/review/applications/$exam",
    token => $token[0], json => { version => 0, position => 'P1' })
    ->{json}{code}, 'review_over', 'and nothing is begun anew');

$answer = $client->post('/review/look-up', token => $anna,
    json => { id_number => $civic->person(0)->{id_number} });
is($answer->{status}, 200, 'staff look somebody up') or diag($answer->{content});
is_deeply($answer->{json}{applications}, [], 'and find nothing');
$answer = $client->get("/review/items/$item->{json}{application_id}"
    . "?exam_id=$exam", token => $anna);
is($answer->{json}{code}, 'review_not_held', 'nor by its number')
    or diag($answer->{content});
is($client->post("/review/items/next?exam_id=$exam", token => $anna)->{status},
    404, 'and there is nothing to decide');
($rc, $says) = $nginx->civicctl('exam', 'export', $exam);
unlike($says, qr/P1/, 'the file of applicants has nobody');


# ---- the order, in the year after ----------------------------------------------

sub order_state {
    my $shown = $client->get("/payment/orders/$order", token => $token[0]);

    return $shown->{status} == 200 ? $shown->{json}{state} : $shown->{status};
}

sub rebuild_orders {
    $redis->command('DEL', "civic:{payment:rebuild:$_}") for 0 .. 15;
    $nginx->civicctl('job', 'run', "payment.$_")
        for qw(deadlines rebuild follow);
    return;
}
rebuild_orders();
is(order_state(), 'removed', 'an order that nobody has paid');
hours_later(24 * 400);
rebuild_orders();
becomes('the order is gone', 404, sub { rebuild_orders(); order_state() });
is_deeply([ $redis->keys('civic:{payment:item:*}') ], [], 'out of the index');


# ---- the proof -----------------------------------------------------------------

my @proof;
Civic::Process::wait_for('the audit trail', 20, sub {
    ($rc, $says) = $nginx->civicctl('audit', 'show', '--json');
    @proof = grep { /"(?:review|ticket|payment)\.erased"/ && !/"many-/ }
        split /\n/, $says;
    return @proof >= 5;
});
is(scalar(@proof), 5, 'five proofs');
is(scalar(grep { /"order_id":"$order"/ && /"state":"removed"/ } @proof), 1,
    'one of the order');
like($_, qr/"rule":"\w+\.retention"/, 'by which rule') for @proof;
like($_, qr/"revision":"[0-9a-f]{8,}"/, 'in which revision') for @proof;
like($_, qr/"exam":"$exam"/, 'of which exam')
    for grep { !/"payment\./ } @proof;
unlike($_, qr/青海|$number|"P1"|"position"/, 'and nothing of what it was')
    for @proof;
is(scalar(grep { /"subject":"\Q$pid\E"/ && /"exam":"$exam"/ } @proof), 2,
    'a person finds both proofs');
finish();
