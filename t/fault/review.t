# Bad days of applications: the deadline's own second, the same submission by
# two servers at once, and the power going right after an answer.  Whatever was
# answered 200 is there, once, with an instant before the deadline; whatever was
# refused is not.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::PowerLoss;
use Civic::Process;

use POSIX ();
use Time::HiRes qw(sleep time);

my $people = 8;
my $folder = Civic::Process::folder();
my $store = Civic::Redis->start(form => 'single',
    set => { appendonly => 'yes', appendfsync => 'always' },
    env => Civic::PowerLoss::env());
my @civic = map {
    civic(start => 0, redis => $store, workers => 2,
        people => $_ ? 0 : $people, plugins => [ qw(login civic exam review) ])
} 0, 1;
my ($one, $two) = @civic;

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$_->nginx->start for @civic;
$_->wait_ready for @civic;
my @client = map { $_->client(timeout => 20) } @civic;
my @token = map { $client[0]->login(@{ $one->person($_) }{qw(id_number
        password)}) } 0 .. $people - 1;


# ---- the steps ---------------------------------------------------------------

# An exam for which people register until an instant (whole seconds).
sub exam {
    my ($id, $until) = @_;
    my %window = (from => china(time - 3600), until => china(time + 7200));

    my $file = Civic::Exam::write($folder, Civic::Exam::file(
        exam_id => $id, title => { zh => '考试' },
        windows => { registration => { %window, until => china($until) },
            review => \%window, payment => \%window, printing => {
                from => china(time + 7200), until => china(time + 9000) } },
        fee => { fen => 0, title => { zh => '免费' } },
        form => [ { name => 'school', type => 'text',
            label => { zh => '毕业院校' } } ],
        positions => [ { code => 'P1', name => { zh => '科员' },
            unit => { zh => '人社厅' }, places => 2, conditions => [] } ]));
    my ($rc, $text) = $one->nginx->civicctl('exam', 'load', $file);
    is($rc, 0, "the exam $id is there") or diag($text);

    for my $n (0 .. $people - 1) {
        my $answer = $client[0]->request('PATCH', "/review/applications/$id",
            token => $token[$n], json => { version => 0, position => 'P1',
                answers => [ { field => 'school', value => '青海大学' } ] });
        $answer->{status} == 200 or diag($answer->{content});
    }
    return $id;
}

my $key = 0;

sub submit {
    my ($server, $n, $exam) = @_;

    return $client[$server]->post("/review/applications/$exam/submit",
        token => $token[$n],
        headers => { 'Idempotency-Key' => "k$$-" . $key++ },
        json => { version => 1, declaration => \1 });
}

sub shown {
    my ($n, $exam) = @_;

    return $client[1]->get("/review/applications/$exam",
        token => $token[$n])->{json};
}

# A child for each of a list, which answers a line; the lines.
sub at_once {
    my ($work, @list) = @_;
    my @pipes;

    for my $each (@list) {
        pipe my $in, my $out or die "pipe: $!";
        my $child = fork // die "fork: $!";
        if (!$child) {
            print {$out} $work->(@$each);
            close $out;
            POSIX::_exit(0);
        }
        close $out;
        push @pipes, [ $child, $in ];
    }
    return map {
        my ($child, $in) = @$_;
        my $line = join '', <$in>;
        waitpid $child, 0;
        $line;
    } @pipes;
}

sub settles {
    my ($exam, $count) = @_;
    my $end = time + 60;
    my $now = '';

    while ($now ne $count && time < $end) {
        sleep 0.2;
        $now = $store->command('HGET', "civic:{review:$exam}:counts", 'P1')
            // '';
    }
    is($now, $count, "the index of $exam has $count");
    is($store->command('ZCARD', "civic:{reviews:$exam}:waiting"), $count,
        'and so has the queue');
    return;
}

sub messages {
    my ($n) = @_;

    return scalar @{ $client[0]->get('/civic/messages',
        token => $token[$n])->{json}{messages} };
}


# ---- two servers at once -----------------------------------------------------

my $twice = exam('twice-2026', int(time) + 3600);
my @answers = at_once(sub {
    my ($server, $n) = @_;
    my $answer = submit($server, $n, $twice);
    return "$answer->{status} " . ($answer->{json}{version} // '');
}, map { ([ 0, $_ ], [ 1, $_ ]) } 0 .. $people - 1);
is_deeply([ grep { $_ ne '200 2' } @answers ], [],
    'both are told of the same submission');
settles($twice, $people);
eval { Civic::Process::wait_for('messages', 20, sub {
    sleep 0.1;
    !grep { !messages($_) } 0 .. $people - 1 }) };
is(join(' ', map { messages($_) } 0 .. $people - 1),
    join(' ', (1) x $people), 'everybody is told once');


# ---- the deadline's own second -----------------------------------------------

my $end = int(time) + 12;
my $late = exam('late-2026', $end);
@answers = at_once(sub {
    my ($n) = @_;
    my $at = $end - 1.5 + $n * 3 / $people;

    sleep $at - time if $at > time;
    my $answer = submit($n % 2, $n, $late);
    return "$answer->{status} " . ($answer->{json}{code} // '');
}, map { [$_] } 0 .. $people - 1);
my $in = 0;
for my $n (0 .. $people - 1) {
    my $seen = shown($n, $late);

    if ($answers[$n] =~ /^200/) {
        $in++;
        is($seen->{state}, 'submitted', "person $n was in time");
        ok($seen->{submitted_at} lt china($end), 'by what is stored, too');
    } else {
        is($answers[$n], '409 review_over', "person $n was late");
        is($seen->{state}, 'draft', 'and nothing is stored');
        ok(!$seen->{submitted_at}, 'no instant either');
    }
}
ok($in > 0 && $in < $people, "some were in time, some were not ($in)");
settles($late, $in);


# ---- the power goes right after an answer ------------------------------------

my $power = exam('power-2026', int(time) + 3600);
my @done = grep { submit(0, $_, $power)->{status} == 200 }
    0 .. $people - 1;
is(scalar @done, $people, 'all have submitted and were told so');
Civic::PowerLoss::cut_store($store);
$store->run(0);
ok($_->wait_ready(10), 'Redis is back') for @civic;
is(join(' ', map { shown($_, $power)->{state} } @done),
    join(' ', ('submitted') x $people), 'nothing that was answered is lost');
settles($power, $people);

finish();
