# Applications, with everything real: two nginx on one store, an exam that was
# loaded, reviewers at their desk, the sandbox' cashier and notifications.  The
# whole way from a draft to 已付款; who is refused, amends and is approved; who
# withdraws, does not pay, or is turned round; a deadline that moves; and many
# at once.  Whatever happens: no order is paid of an application that is not
# approved, nobody who has paid is removed.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Process;
use Civic::Sandbox;

use POSIX ();
use Time::HiRes qw(sleep time);

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my $people = 12;
my @ports = map { Civic::Process::port() } 0, 1;
my @civic;

for my $i (0, 1) {
    my $port = $ports[$i];

    push @civic, civic($sandbox->with_alipay(
        port => $port, workers => 2, start => 0, fixtures => ['asker'],
        blobs => 'shared', people => $i == 0 ? $people : 0,
        ($i == 1 ? (redis => $civic[0]->redis) : ()),
        plugins => [ 'login', 'civic', 'staff', 'exam', 'review',
            'payment seller_id=2088000000009999 '
            . "notify_url=http://127.0.0.1:$ports[0]/payment/alipay/notifications" ],
        sandbox => [ 'notify_upstream=app', 'notify_gaps=300,300,300' ],
        upstreams => { app => $ports[1], alipay_bill => $port },
        allow => qr/nobody vouches for/));
}
my ($one, $two) = @civic;
system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
for my $staff ([ anna => 'reviewer' ], [ bela => 'reviewer' ],
    [ office => 'office' ]) {
    $one->add_staff(@$staff);
}
$_->nginx->start for @civic;
$_->wait_ready or die "not ready\n" for @civic;

my $redis = $one->redis;
my ($client, $other) = map { $_->client } @civic;
my $key = 0;
my @token = map { $client->login(@$_{qw(id_number password)}) }
    map { $one->person($_) } 0 .. $people - 1;


# ---- the exam ----------------------------------------------------------------

sub window {
    my ($until) = @_;

    return { from => china(time - 3600), until => china($until) };
}

sub exam {
    my ($id, %arg) = @_;
    my $file = Civic::Exam::write(Civic::Process::folder(), Civic::Exam::file(
        exam_id => $id, title => { zh => '公务员考试', en => 'Civil service' },
        windows => { registration => window($arg{register} // time + 3600),
            review => window(time + 7200), payment => window(time + 7200),
            printing => window(time + 9000) },
        fee => { fen => $arg{fen} // 12_000, title => { zh => '公务员考试报名费' } },
        form => [
            { name => 'education', type => 'choice', label => { zh => '学历' },
              options => [ map { { value => $_->[0],
                  label => { zh => $_->[1] } } } [ bachelor => '本科' ],
                  [ master => '硕士' ], [ none => '其他' ] ] },
            { name => 'school', type => 'text', label => { zh => '毕业院校' },
              when => { field => 'education',
                  in => [ 'bachelor', 'master' ] } },
            { name => 'phone', type => 'phone', label => { zh => '手机' } } ],
        positions => [ map { {
            code => "P$_", name => { zh => "科员$_" }, unit => { zh => '人社厅' },
            places => 2, conditions => $_ == 1 ? [ { text => { zh => '硕士以上' },
                field => 'education', in => ['master'] } ] : [] } } 1 .. 3 ]));

    my ($rc, $text) = $one->nginx->civicctl('exam', 'load', $file);
    is($rc, 0, "the exam $id is there") or die $text;
    return $id;
}

my $exam = exam('gwy-2026');
my $free = exam('free-2026', fen => 0);


# ---- the steps ---------------------------------------------------------------

my %staff = map { $_ => $one->staff_token($_) } qw(anna bela office);

sub path { return '/review/applications/' . join '/', @_ }

sub shown {
    my ($n, $of) = @_;

    return $other->get(path($of // $exam), token => $token[$n])->{json};
}

sub save {
    my ($n, $version, $of, %body) = @_;

    return $client->request('PATCH', path($of), token => $token[$n],
        json => { version => $version, %body });
}

sub submit {
    my ($n, $version, $of, %arg) = @_;

    return ($arg{client} // $client)->post(path($of, 'submit'),
        token => $token[$n],
        headers => { 'Idempotency-Key' => $arg{key} // 's' . $key++ },
        json => { version => $version, declaration => \1 });
}

# As Chinese keyboards type it.
sub wide {
    return $_[0] =~ s/([!-~])/chr(ord($1) + 0xfee0)/ger;
}

my @filled = ({ field => 'education', value => 'master' },
    { field => 'school', value => '青海大学' },
    { field => 'phone', value => wide('13897460001') });

# A submitted application; its version.
sub submitted {
    my ($n, %arg) = @_;
    my $of = $arg{exam} // $exam;

    my @answers = map { $arg{school} && $_->{field} eq 'school'
        ? { %$_, value => $arg{school} } : $_ } @filled;
    my $saved = save($n, 0, $of, position => $arg{position} // wide('P2'),
        answers => \@answers);
    my $answer = submit($n, $saved->{json}{version}, $of);

    is($answer->{json}{state}, 'submitted', "person $n has submitted")
        or diag($saved->{content}, $answer->{content});
    return $answer->{json}{version};
}

sub run_jobs {
    for my $name (@_ ? @_ : qw(work money tell)) {
        my ($rc, $text) = $one->nginx->civicctl('job', 'run', "review.$name");

        $rc == 0 or diag($text);
    }
    return;
}

# What comes later builds on it: who has waited in vain once waits for nothing
# more.
sub becomes {
    my ($name, $wanted, $look) = @_;
    my $end = time + 60;
    my $now;

    while (($now = $look->() // '') ne $wanted && time < $end) {
        $client->post('/sandbox/alipay/notifications/run');
        sleep 0.1;
    }
    return is($now, $wanted, $name) || die "waited in vain\n";
}

# The next one of a reviewer is decided.
sub decide {
    my ($who, $what, $of, %more) = @_;
    my $item;

    for (1 .. 300) {
        $item = $client->post("/review/items/next?exam_id=$of",
            token => $staff{$who});
        last if $item->{status} == 200;
        sleep 0.1;
    }
    is($item->{status}, 200, "$who has somebody to decide on")
        or die $item->{content}, "\n";
    my $id = $item->{json}{application_id};
    my $answer = $client->post("/review/items/$id/$what?exam_id=$of",
        token => $staff{$who},
        json => { version => $item->{json}{version}, %more });
    is($answer->{status}, 200, "$who: $what")
        or diag($item->{content}, $answer->{content});
    return $item->{json};
}

sub label { my @of = @_; return sub { shown(@of)->{label} // '' } }
sub state { my @of = @_; return sub { shown(@of)->{state} // '' } }

sub pay {
    my ($n, $order) = @_;
    my $answer = $client->post("/payment/orders/$order/pay",
        token => $token[$n], headers => { 'Idempotency-Key' => 'p' . $key++ },
        json => { channel => 'qr' });

    $answer->{status} == 201 or return $answer;
    $sandbox->pay($client, $answer->{json}{url}, 'zhang');
    return $answer;
}

sub withdraw {
    my ($n, $version, $of) = @_;

    return $client->post(path($of // $exam, 'withdraw'), token => $token[$n],
        json => { version => $version });
}

# What a person was told.
sub kinds {
    my ($n) = @_;

    return sort map { $_->{kind} } @{ $client->get('/civic/messages',
        token => $token[$n])->{json}{messages} };
}


# ---- the whole way -----------------------------------------------------------

is(shown(0)->{label}, '未提交', 'nothing yet');
my $answer = save(0, 0, $exam, position => 'P1',
    answers => [ { field => 'education', value => 'bachelor' } ]);
is($answer->{status}, 200, 'a field is saved') or diag($answer->{content});
is(save(0, 0, $exam, position => 'P2')->{json}{code}, 'conflict',
    'who has seen less changes nothing');
$answer = submit(0, 1, $exam);
is($answer->{status}, 422, 'it is not complete');
is_deeply([ sort map { "$_->{pointer} $_->{code}" }
    @{ $answer->{json}{errors} } ], [ '/answers/phone required',
    '/answers/school required', '/position review_condition' ],
    'all that is wrong at once') or diag($answer->{content});
is((map { $_->{example} // () } @{ $answer->{json}{errors} })[0],
    '13897000000', 'with what a phone looks like');
$answer = save(0, 1, $exam, answers => \@filled);
is($answer->{status}, 200, 'the rest of it');
$answer = submit(0, 2, $exam, key => 'once');
is($answer->{json}{label}, '待审核', 'submitted') or diag($answer->{content});
like($answer->{json}{hint}, qr/一般在工作时间内12小时内/, 'with the target');
ok($answer->{json}{due_at}, 'and its time');
is(submit(0, 2, $exam, key => 'once', client => $other)->{content},
    $answer->{content}, 'again, by the other nginx: the same');
is(save(0, 3, $exam, position => 'P3')->{json}{code}, 'review_waiting',
    'locked');

my $item = decide('anna', 'approve', $exam);
becomes('an order stands there', '未缴费', label(0));
my $order = shown(0)->{order}{order_id};
is_deeply(shown(0)->{next}, [ 'pay', 'withdraw' ], 'which is to be paid');
pay(0, $order);
becomes('the money has come', '已付款', label(0));
is_deeply(shown(0)->{next}, ['ticket'], 'and a ticket comes next');
is(withdraw(0, shown(0)->{version})->{json}{code}, 'review_paid',
    'what is paid is not withdrawn');
becomes('with a message of each step',
    'payment.opened payment.paid review.approved review.submitted',
    sub { join ' ', kinds(0) });


# ---- refused, amended, approved ----------------------------------------------

my $version = submitted(1);
decide('anna', 'refuse', $exam, reasons => ['education'], note => '请换岗');
$answer = shown(1);
is($answer->{label}, '审核不通过', 'refused');
is_deeply($answer->{next}, [ 'amend', 'submit', 'withdraw' ], 'to be amended');
is(scalar @{ $answer->{reasons} }, 1, 'with its reason');
is($answer->{note}, '请换岗', 'and a remark');
$answer = save(1, $answer->{version}, $exam, position => 'P3');
is($answer->{status}, 200, 'another position') or diag($answer->{content});
$answer = submit(1, $answer->{json}{version}, $exam);
is($answer->{json}{state}, 'submitted', 'once more');
$item = decide('bela', 'approve', $exam);
is($item->{position}{code}, 'P3', 'another reviewer sees that one');
becomes('approved', '未缴费', label(1));
run_jobs();
my %counts = @{ $redis->command('HGETALL',
    "civic:{review:$exam}:counts") };
is($counts{P3}, 1, 'counted for the new position');
is($counts{P2} // 0, 0, 'and not for the old one');


# ---- withdrawn ---------------------------------------------------------------

$order = shown(1)->{order}{order_id};
$answer = withdraw(1, shown(1)->{version});
is($answer->{json}{label}, '已撤回', 'withdrawn before it was paid')
    or diag($answer->{content});
becomes('nothing is to be paid any more', 'closed', sub {
    $client->get("/payment/orders/$order", token => $token[1])
        ->{json}{state} });

# Paid in the same moment: the money goes back by itself.
$version = submitted(2);
decide('anna', 'approve', $exam);
becomes('approved', '未缴费', label(2));
$order = shown(2)->{order}{order_id};
my $link = $client->post("/payment/orders/$order/pay", token => $token[2],
    headers => { 'Idempotency-Key' => 'race' }, json => { channel => 'qr' });
is($link->{status}, 201, 'somebody is at the cashier');
is(withdraw(2, shown(2)->{version})->{json}{code}, 'review_paying',
    'while it may be paid it is not withdrawn');
is(shown(2)->{label}, '支付中', 'and called so');
$sandbox->pay($client, $link->{json}{url}, 'li');
becomes('paid', '已付款', label(2));


# ---- turned round ------------------------------------------------------------

$version = shown(2)->{version};
my $id = shown(2)->{application_id};
$answer = $client->post("/review/items/$id/take?exam_id=$exam",
    token => $staff{anna});
is($answer->{status}, 200, 'a decision is looked at again')
    or diag($answer->{content});
$answer = $client->post("/review/items/$id/reversal?exam_id=$exam",
    token => $staff{anna}, json => { version => $answer->{json}{version},
        reasons => ['certificate'], why => '证书是伪造的' });
is($answer->{status}, 200, 'anna proposes to turn it round')
    or diag($answer->{content});
$client->post("/review/items/$id/release?exam_id=$exam",
    token => $staff{anna});
is(shown(2)->{label}, '已付款', 'which changes nothing yet');
$answer = $client->post("/review/items/$id/take?exam_id=$exam",
    token => $staff{bela});
$answer = $client->post("/review/items/$id/reversal/confirm?exam_id=$exam",
    token => $staff{bela}, json => { version => $answer->{json}{version} });
is($answer->{status}, 200, 'bela confirms it') or diag($answer->{content});
is(shown(2)->{label}, '审核不通过', 'and it is refused');
becomes('the money goes back', 'refunded', sub {
    run_jobs();
    $client->get("/payment/orders/$order", token => $token[2])
        ->{json}{state} });


# ---- free --------------------------------------------------------------------

submitted(3, exam => $free);
decide('anna', 'approve', $free);
is(shown(3, $free)->{label}, '审核通过', 'nothing is to be paid');
is_deeply(shown(3, $free)->{next}, [ 'ticket', 'withdraw' ], 'at once');
is(scalar @{ $client->get('/review/applications', token => $token[3])
    ->{json}{applications} }, 1, 'the list has it');


# ---- a deadline that moves ---------------------------------------------------

submitted(4, school => '＝1+1');
decide('anna', 'approve', $exam);
becomes('approved', '未缴费', label(4));
my $before = shown(4)->{order}{until};
my $until = china(time + 7800);
my ($rc, $text) = $one->nginx->civicctl('exam', 'move', $exam,
    'payment.until', $until, '--reason', '系统维护');
is($rc, 0, 'the office moves the deadline') or diag($text);
becomes('and the order has it', $until, sub { shown(4)->{order}{until} });
isnt($before, $until, 'another one than before');


# ---- removed -----------------------------------------------------------------

my $short = exam('short-2026');
submitted(5, exam => $short, school => '=1+1');
decide('bela', 'approve', $short);
becomes('approved', '未缴费', label(5, $short));
$one->nginx->civicctl('clock', 'set', china(time + 8000));
becomes('who has not paid is removed', '已删除', label(5, $short));
is(submit(5, shown(5, $short)->{version}, $short)->{json}{code},
    'review_removed', 'for good');
becomes('and is told', 1,
    sub { scalar grep { $_ eq 'review.removed' } kinds(5) });
$one->nginx->civicctl('clock', 'reset');


# ---- the office's file -------------------------------------------------------

run_jobs();
($rc, $text) = $one->nginx->civicctl('exam', 'export', $exam, '--reason',
    '考务');
is($rc, 0, 'the applicants as a file') or diag($text);
utf8::decode($text) if !utf8::is_utf8($text);
like($text, qr/^\x{feff}"/, 'which a spreadsheet takes for UTF-8');
my $number = $one->person(0)->{id_number};
like($text, qr/"'\Q$number\E"/, 'a long number stays what it is');
like($text, qr/"(?:硕士)"/, 'with labels');
like($text, qr/"'＝1\+1"/, 'and nothing to be computed, in full width');
is(scalar(() = $text =~ /\r\n/g), 1 + 3, 'nobody who withdrew');
($rc, $text) = $one->nginx->civicctl('exam', 'export', $exam, '--masked');
unlike($text, qr/\Q$number\E|13897460001/, 'masked');
($rc, $text) = $one->nginx->civicctl('exam', 'export', $short);
like($text, qr/"'=1\+1"/, 'nor in half');
($rc) = $one->nginx->civicctl('exam', 'export', 'nothing-2026');
isnt($rc, 0, 'no such exam');


# ---- many at once ------------------------------------------------------------

my $crowd = exam('crowd-2026');
my @crowd = 6 .. $people - 1;
submitted($_, exam => $crowd) for @crowd;
decide($_ % 2 ? 'anna' : 'bela', 'approve', $crowd) for @crowd;
for my $n (@crowd) {
    becomes("person $n may pay", '未缴费', label($n, $crowd));
}

# pay and withdraw in the same moment, by both nginx
my @children;
for my $n (@crowd) {
    my $seen = shown($n, $crowd);
    for my $what ('pay', 'withdraw') {
        my $child = fork // die "fork: $!";
        if (!$child) {
            if ($what eq 'pay') {
                pay($n, $seen->{order}{order_id});
            } else {
                withdraw($n, $seen->{version}, $crowd);
            }
            POSIX::_exit(0);
        }
        push @children, $child;
    }
}
waitpid $_, 0 for @children;
for my $n (@crowd) {
    becomes("person $n ends well", 'well', sub {
        my $seen = shown($n, $crowd);
        my $state = $client->get('/payment/orders', token => $token[$n])
            ->{json}{orders}[0]{state};
        return $seen->{state} eq 'approved' && $state eq 'paid'
            || $seen->{state} eq 'withdrawn'
                && ($state eq 'closed' || $state eq 'refunded')
            ? 'well' : "$seen->{state} $state";
    });
}

finish();
