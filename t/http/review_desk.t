# The reviewers' desk on two nginx and one store: who takes what at once, the
# lease that ends, closed hours by the sandbox's clock, what is overdue and
# what nobody can say, a decision turned round by two, the queue lost and
# mended.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Process;

use JSON::PP ();
use Time::HiRes qw(sleep time);

use constant { EXAM => 'clerk-2026', SUBMITTED => 1_773_018_000_000,
    TEN => 1_773_021_600_000, MINUTE => 60_000, HOUR => 3_600_000 };

my @with = (plugins => [ 'login', 'civic', 'photo_check', 'exam', 'review' ],
    workers => 2, fixtures => [ 'snapper', 'applicant' ], blobs => 'shared',
    upstreams => { media => 'return 503;' });
my $one = civic(@with, start => 0, people => 3);
my $two = civic(@with, start => 0, redis => $one->redis);
my $queue = 'civic:{reviews:' . EXAM . '}';
my $photo = "\xff\xd8\xff\xe0 a photo" x 9000;
my $made = 0;

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
system 'rm', '-rf', $two->nginx->folder . '/blobs';
symlink $one->nginx->folder . '/blobs', $two->nginx->folder . '/blobs'
    or die $!;
for my $each ($one, $two) {
    system 'sed', '-i', '-e', 's/^rules.only_in_hours = .*'
        . '/rules.only_in_hours = true/', '-e',
        's/^rules.examples = {/local _ = {/',
        $each->nginx->rules . '/review.lua';
    $each->nginx->start;
    $each->wait_ready;
}

my $redis = $one->redis;
my ($client, $other) = map { $_->client } $one, $two;

sub session {
    my ($name, %arg) = @_;

    return $client->post('/snapper/sessions', json => { name => $name, %arg })
        ->{json}{token};
}

my ($ann, $bob) = map { session($_, staff => JSON::PP::true()) } qw(ann bob);

# An application of whoever; its id.
sub application {
    my ($name, $state, $due) = @_;
    my $id = sprintf '%021dA', ++$made;
    my $answer = $client->post("/applicant/applications?name=$name&exam="
        . EXAM . "&id=$id&state=$state&due=$due&submitted=" . SUBMITTED,
        body => $photo, type => 'image/jpeg');

    is($answer->{status}, 201, "an application, $state")
        or diag($answer->{content});
    return $id;
}

# Of a path below the desk, or of an application's.
sub desk {
    my ($from, $token, $method, $path, %arg) = @_;

    return $from->$method("/review/$path" . ($path eq 'queue' ? ''
        : '?exam_id=' . EXAM), token => $token,
        $arg{json} ? (json => $arg{json}) : ());
}

sub next_one {
    my ($from, $token) = @_;
    my $answer = desk($from, $token, 'post', 'items/next');

    return $answer->{status} == 200 ? $answer->{json}{application_id}
        : $answer->{json}{code};
}

# Business time, as the workers have it that our connections lead to.
sub clock {
    my ($time, $working) = @_;

    $one->nginx->civicctl('clock', 'set', "2026-03-09T$time:00+08:00",
        '--hold');
    Civic::Process::wait_for("it to be $time", 10, sub {
        return !grep { !desk($_, $ann, 'get', 'queue')->{json}{working}
            != !$working } $client, $other;
    });
    return;
}

sub counts {
    return desk($other, $bob, 'get', 'queue')->{json}{exams}[0];
}

sub record {
    my ($pid) = @_;

    return $redis->command('HGET', "civic:{p:$pid}:review", 'application:'
        . EXAM);
}


# ---- the exam ----

my $window = { from => '2026-03-01T09:00:00+08:00',
    until => '2026-03-20T18:00:00+08:00' };
my $file = $one->nginx->folder . '/exam.json';
open my $out, '>', $file or die $!;
print {$out} JSON::PP->new->utf8->encode({
    exam_id => EXAM, title => { zh => '公务员录用考试' },
    windows => { map { $_ => $window }
        qw(registration review payment printing) },
    fee => { fen => 0, title => { zh => '报名费' } },
    photo_profile => 'default',
    form => [ { name => 'school', type => 'text',
            label => { zh => '毕业院校' } },
        { name => 'degree', type => 'choice', label => { zh => '学历' },
            options => [ { value => 'b', label => { zh => '本科' } } ] } ],
    positions => [ { code => '1001', name => { zh => '科员' },
        unit => { zh => '某局' }, places => 2,
        conditions => [ { text => { zh => '本科及以上' } } ] } ],
    subjects => [ { code => 'a', name => { zh => '申论' },
        from => '2026-04-01T09:00:00+08:00',
        until => '2026-04-01T11:00:00+08:00' } ],
    sites => [ { code => '01', name => { zh => '一中' },
        address => { zh => '西宁' },
        rooms => [ { code => '001', seats => 30 } ] } ],
    ticket => { number_prefix => '2026',
        instructions => [ { zh => '请带身份证' } ] },
});
close $out;
my ($status, $said) = $one->nginx->civicctl('exam', 'load', $file);
is($status, 0, 'the exam is loaded') or diag($said);

# Ten years of others; of one something waits still.
Civic::Exam::enter_old($redis, 700);
$redis->command('ZADD', 'civic:{reviews:old-0690}:waiting', SUBMITTED, 'x');


# ---- what waits, and what is seen of it ----

clock('03:00', 0);      # or the real hour may do as well
clock('10:00', 1);

my $number = $one->person(0)->{id_number};
my $citizen = session($number);
$client->post("/snapper/photos?name=$number&id=" . 'P' x 21
    . 'A&state=finished', body => $photo, type => 'image/jpeg');
my $late = application($number, 'submitted', TEN - MINUTE);
my $soon = application('second', 'submitted', TEN + HOUR);
my $undated = application('third', 'submitted', 0);

my $desk = desk($client, $ann, 'get', 'queue')->{json};
is_deeply([ map { $_->{exam_id} } @{ $desk->{exams} } ], [EXAM],
    'the exam, and no other of which nothing waits');
like($desk->{after}, qr/^past\.\d+\.old-0511$/, 'where the next page begins');
$desk = $client->get("/review/queue?after=$desk->{after}", token => $ann)
    ->{json};
is_deeply([ map { "$_->{exam_id} $_->{waiting}" } @{ $desk->{exams} } ],
    ['old-0690 1'], 'on it one that is over, and not done');
ok(!exists $desk->{after}, 'which is the last');

my $counts = counts();
is_deeply([ @{$counts}{qw(waiting overdue due_soon undated)} ],
    [ 3, 1, 1, 1 ], 'overdue, due soon, and of unknown due time')
    or diag(explain($counts));
is(next_one($client, $ann), $undated, 'what is not dated stands where it was'
    . ' submitted');
is(next_one($other, $bob), $late, 'then what is overdue');
is(next_one($other, $ann), $undated, 'the same again after a reload');
is(counts()->{mine}, $late, 'each has one');
$one->nginx->reload;
is(next_one($one->client, $bob), $late, 'also after nginx was reloaded');

my $seen = desk($client, $bob, 'get', "items/$late");
is($seen->{json}{id_number}, $number, 'the identity') or diag(
    $seen->{content});
ok($seen->{json}{overdue}, 'and that it is late');
is_deeply([ map { "$_->{label} $_->{text}" } @{ $seen->{json}{form} } ],
    [ '毕业院校 青海大学', '学历 本科' ], 'the form with its labels');
is($seen->{json}{position}{conditions}[0], '本科及以上', 'the position');
is_problem(desk($client, $ann, 'get', "items/$late"), 409, 'review_not_held',
    'nothing of it for the other');

my $picture = desk($client, $bob, 'get', "items/$late/photo");
is($picture->{content}, $photo, 'the photo');
like($picture->{headers}{'cache-control'} // '', qr/no-store/, 'not cached');
is_problem(desk($other, $ann, 'get', "items/$late/photo"), 409,
    'review_not_held', 'and not for the other');


# ---- closed hours ----

clock('12:00', 0);
my $closed = desk($client, $bob, 'post', "items/$late/approve",
    json => { version => 3 });
is_problem($closed, 403, 'review_closed', 'at noon');
is($closed->{json}{possible_at}, '2026-03-09T14:30:00+08:00',
    'and when it is possible');
is(desk($client, $bob, 'get', "items/$late")->{status}, 200, 'looking is');
clock('10:00', 1);


# ---- a lease that ends ----

sub end_lease {
    my ($id) = @_;
    my ($staff) = split / /, $redis->command('HGET', "$queue:leases", $id);

    $redis->command('HSET', "$queue:leases", $id, "$staff 1");
    return;
}

end_lease($late);
is_problem(desk($client, $bob, 'post', "items/$late/approve",
    json => { version => 3 }), 409, 'review_lease_over', 'too late');
is(desk($client, $ann, 'post', "items/$undated/release")->{status}, 204,
    'let go');
is(next_one($client, $ann), $undated, 'the first again');
is(next_one($other, $bob), $late, 'it may be taken anew');

end_lease($late);
is(desk($client, $ann, 'post', "items/$undated/release")->{status}, 204,
    'and the other looks at it');
my $carl = session('carl', staff => JSON::PP::true());
is(next_one($client, $carl), $undated, 'a third one takes the first');
is(next_one($other, $ann), $late, 'a second one takes what was given up');
is_problem(desk($client, $bob, 'post', "items/$late/refuse",
    json => { version => 3, reasons => ['age'] }), 409, 'review_not_held',
    'of two on one item one is told');
my $decided = desk($other, $ann, 'post', "items/$late/approve",
    json => { version => 3 });
is($decided->{json}{state}, 'approved', 'and one decides')
    or diag($decided->{content});
is(desk($client, $ann, 'post', "items/$late/approve",
    json => { version => 3 })->{json}{version}, 4,
    'the answer that was lost comes again');


# ---- turned round by two ----

my $found = $client->post('/review/look-up', token => $ann,
    json => { id_number => $number })->{json}{applications}[0];
is($found->{application_id}, $late, 'found by the number');
is(desk($client, $ann, 'post', "items/$late/take")->{status}, 200, 'opened');
my $proposed = desk($client, $ann, 'post', "items/$late/reversal", json => {
    version => 4, reasons => ['education'], why => '学历核实有误' });
is($proposed->{status}, 200, 'proposed') or diag($proposed->{content});
is(counts()->{reversals}, 1, 'and listed');
desk($client, $ann, 'post', "items/$late/take");
is_problem(desk($client, $ann, 'post', "items/$late/reversal/confirm",
    json => { version => 5 }), 403, 'review_reversal_own',
    'not by the same person');
desk($client, $ann, 'post', "items/$late/release");
is(desk($other, $bob, 'post', "items/$late/take")->{json}{reversal}{becomes},
    'refused', 'the other one sees it');
is(desk($other, $bob, 'post', "items/$late/reversal/confirm",
    json => { version => 5 })->{json}{state}, 'refused', 'and confirms');
Civic::Process::wait_for('a message', 15, sub {
    grep { $_->{kind} =~ /refused/ && $_->{text} =~ /学历/ }
        @{ $client->get('/civic/messages', token => $citizen)->{json}
            {messages} || [] } });
pass('the applicant is told');


# ---- many at once ----

# Approves what comes until nothing does, in a process of its own, from an
# instant on that all begin at; tells how many.
sub reviewer {
    my ($from, $token, $at) = @_;
    my $pid = open my $pipe, '-|';

    die $! if !defined $pid;
    return $pipe if $pid;

    my $mine = Civic::Client->new(url => $from->nginx->url, unseen => 1);
    my ($count, $lost) = (0, 0);
    sleep 0.01 while time < $at;
    for (1 .. 200) {
        my $next = desk($mine, $token, 'post', 'items/next');
        last if ($next->{json}{code} // '') eq 'review_none_waits';
        next if $next->{status} != 200;
        my $answer = desk($mine, $token, 'post',
            "items/$next->{json}{application_id}/approve",
            json => { version => $next->{json}{version} });
        $answer->{status} == 200 ? $count++ : $lost++;
    }
    print "$count $lost\n";
    close STDOUT;
    require POSIX;
    POSIX::_exit(0);
}

desk($client, $carl, 'post', "items/$undated/release");
application("many$_", 'submitted', TEN + $_ * MINUTE) for 1 .. 30;
my $waiting = $redis->command('ZCARD', "$queue:waiting");
my $start = time + 2;
my @pipes = (reviewer($one, $ann, $start), reviewer($two, $bob, $start),
    reviewer($two, $carl, $start));
my @each = map { my $line = <$_>; [ split / /, $line ] } @pipes;
my ($all, $lost) = (0, 0);
for my $each (@each) {
    $all += $each->[0];
    $lost += $each->[1];
}
is($all, $waiting, 'each is decided once') or diag(explain(\@each));
is($lost, 0, 'and nobody decides what another holds');
cmp_ok(scalar(grep { $_->[0] > 0 } @each), '>', 1, 'more than one has worked')
    or diag(explain(\@each));


# ---- lost and mended ----

application("lost$_", 'submitted', TEN + $_ * MINUTE) for 1 .. 3;
$redis->command('DEL', "$queue:$_")
    for qw(waiting owners leases held undated);
is(next_one($client, $ann), 'review_none_waits', 'the queue is lost');
$redis->command('DEL', "civic:{review:rebuild:$_}") for 0 .. 15;
eval { Civic::Process::wait_for('the queue to be mended', 30, sub {
    $one->nginx->civicctl('job', 'run', 'review.rebuild');
    return $redis->command('ZCARD', "$queue:waiting") == 3;
}) };
is($redis->command('ZCARD', "$queue:waiting"), 3, 'and mended');
isnt(next_one($client, $ann), 'review_none_waits', 'by the records');

finish();
