# Exams, with everything real: a file is loaded by civicctl, positions are
# found and counted, a deadline moves while many look, a bad file tells all
# its faults, and 20,000 positions come without holding anybody up.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Process;

use JSON::PP ();
use Time::HiRes qw(sleep time);

# What each turn of a loop takes of the processor is counted in a folder.
my $turns = Civic::Process::folder() . '/turns';
mkdir $turns and chmod 0777, $turns or die "$turns: $!";
my $civic = civic(plugins => [ 'exam', 'civic' ],
    fixtures => [ 'tally', 'asker' ], workers => 2,
    preload => Civic::Nginx::build() . '/t/fault/fixtures/loop_turns.so',
    env => { CIVIC_TURNS => $turns });
my ($nginx, $client) = ($civic->nginx, $civic->client);
my $json = JSON::PP->new->utf8->canonical;
my $dir = Civic::Process::folder();
my $root = Civic::Nginx::root();
my $shipped = "$root/conf/exams/demo-2026.json";

sub slurp {
    my ($name) = @_;

    open my $file, '<', $name or die "$name: $!";
    local $/;
    return scalar <$file>;
}

# The shipped example, with changes; the file's name.
sub exam_file {
    my ($id, $change) = @_;
    my $exam = $json->decode(slurp($shipped));

    $exam->{exam_id} = $id;
    $change->($exam) if $change;
    open my $file, '>', "$dir/$id.json" or die $!;
    print {$file} $json->encode($exam);
    close $file;
    return "$dir/$id.json";
}

sub ctl {
    my @answer = $nginx->civicctl('exam', @_);

    utf8::decode($answer[1]);
    return @answer;
}

sub loads {
    my ($file, $like, $name) = @_;
    my ($status, $said) = ctl('load', $file);

    is($status, 0, $name) or diag($said);
    return like($said, $like, "$name: told");
}

sub exam {
    my ($id, %arg) = @_;

    return ($arg{from} || $client)->get("/exam/exams/$id");
}

sub found {
    my ($id, $query, %arg) = @_;
    my $answer = ($arg{from} || $client)->get("/exam/exams/$id/positions$query",
        %arg);

    is($answer->{status}, $arg{status} // 200, "positions$query")
        or diag($answer->{content});
    return $answer;
}

sub codes { return join ' ', map { $_->{code} } @{ $_[0]{json}{positions} } }

sub becomes {
    my ($name, $code) = @_;

    return ok(eval { Civic::Process::wait_for($name, 5, $code); 1 }, $name);
}

sub call {
    my ($name, %in) = @_;

    return $client->post("/asker/calls/$name", type => 'application/json',
        body => $json->encode(\%in))->{json}{out};
}


# ---- loaded, shown, found ----------------------------------------------------

is_deeply($client->get('/exam/exams')->{json}, { exams => [] }, 'no exams');
is_problem(exam('demo-2026'), 404, 'exam_not_found', 'nor this one');
like((ctl('list'))[1], qr/there is no exam yet/, 'nor for the operator');

loads($shipped, qr/^loaded: demo-2026, revision 1, 30 positions$/m, 'loaded');
becomes('it is in the list', sub {
    @{ $client->get('/exam/exams')->{json}{exams} } == 1 });
my $listed = $client->get('/exam/exams')->{json}{exams}[0];
is($listed->{exam_id}, 'demo-2026', 'by its id');
is($listed->{revision}, 1, 'its revision');
is($listed->{state_text}{zh}, '报名中', 'and its state');

my $shown = exam('demo-2026');
is($shown->{json}{windows}{payment}{state}, 'open', 'windows, each with a state');
is($shown->{json}{fee}{fen}, 10_000, 'the fee');
is(scalar @{ $shown->{json}{form} }, 13, 'the form');
ok(!exists $shown->{json}{sites}, 'but not where people will sit');
is($civic->client(unseen => 1)->get('/exam/exams/demo-2026', headers =>
    { 'If-None-Match' => $shown->{headers}{etag} })->{status}, 304,
    'not a second time');

is(codes(found('demo-2026', '?q=%E5%8C%BB%E9%99%A2&limit=4')),
    '6303001 6303002 6303003 6306001', '医院');
is(codes(found('demo-2026', '?q=%E5%8C%BB%E9%99%A2&limit=4&after=6306001')),
    '6306002 6306003', 'its second page');
is(found('demo-2026', '?q=%E5%8C%BB%E9%99%A2&limit=4&after=6306001')
    ->{json}{after}, undef, 'which is the last');
is($client->get('/exam/exams/demo-2026/positions/6310003')->{json}{name}{en},
    'Office clerk', 'one position');
is_problem($client->get('/exam/exams/demo-2026/positions/6399999'), 404,
    'position_not_found', 'one that is not there');
is_deeply(field_errors(found('demo-2026', '?q=a+b+c+d+e+f+g+h+i&limit=99',
    status => 422)), { '?limit' => 'too_large' }, 'a query that is none');
is_deeply(field_errors(found('demo-2026', '?q=a+b+c+d+e+f+g+h+i',
    status => 422)), { '?q' => 'exam_query' }, 'and too many words');

is(call('exam.facts', exam_id => 'demo-2026')->{windows}{printing}{until_ms},
    2_531_262_600_000, 'other plugins are told instants as numbers');
is(call('exam.position', exam_id => 'demo-2026', code => '6301002')->{places},
    3, 'and positions');
is_deeply(call('exam.facts', exam_id => 'nothing'), {}, 'and of no exam: {}');
is(call('exam.list')->{exams}[0]{exam_id}, 'demo-2026', 'and the list');
is(call('exam.list')->{exams}[0]{until}, 2_531_262_600_000,
    'with the end of each');


# ---- a page for everybody ----------------------------------------------------

my @worker = $civic->worker_clients;

subtest('a page is made once in two seconds' => sub {
    my $query = '/exam/exams/demo-2026/positions?q=6302&limit=3';
    my $began = time;
    my @seen;

    while (time < $began + 0.8) {
        push @seen, $worker[0]->get($query);
        sleep 0.01;
    }
    my %counts = map { ($_->{json}{positions}[0]{applicants} => 1) } @seen;
    is(scalar keys %counts, 1, scalar(@seen) . ' people, one count');
    is($worker[0]->get($query, headers =>
        { 'If-None-Match' => $seen[-1]{headers}{etag} })->{status}, 304,
        'with its ETag');
    sleep 2;
    ok(!$counts{ $worker[0]->get($query)->{json}{positions}[0]{applicants} },
        'then it is made anew');
});


# ---- a deadline moves --------------------------------------------------------

subtest('a bad move changes nothing' => sub {
    my @wrong = (
        [ [qw(demo-2026 payment.end 2049-12-31T18:00:00+08:00 --reason x)],
          2, qr/no instant of an exam/ ],
        [ [qw(demo-2026 payment.until tomorrow --reason x)], 2,
          qr/no instant with offset/ ],
        [ [qw(demo-2026 payment.until 2049-12-31T18:00:00+08:00)], 2,
          qr/say why/ ],
        [ [qw(No payment.until 2049-12-31T18:00:00+08:00 --reason x)], 2,
          qr/no exam's id/ ],
        [ [qw(nothing payment.until 2049-12-31T18:00:00+08:00 --reason x)], 1,
          qr/there is no exam "nothing"/ ],
        [ [qw(demo-2026 payment.until 2020-12-31T18:00:00+08:00 --reason x)],
          1, qr{/windows/payment/until: .*before} ],
        [ [qw(demo-2026 payment.until)], 2, qr/usage:/ ],
    );

    for my $wrong (@wrong) {
        my ($status, $said) = ctl('move', @{ $wrong->[0] });
        is($status, $wrong->[1], "@{ $wrong->[0] }");
        like($said, $wrong->[2], 'and why');
    }
    is(exam('demo-2026')->{json}{revision}, 1, 'the same revision');
});

subtest('a deadline moves while many look' => sub {
    my $to = '2049-12-20T18:00:00+08:00';
    my @pids;

    for my $n (0, 1) {
        push @pids, Civic::Process::background("looker$n", sub {
            my $from = $civic->client(unseen => 1);
            my ($bad, $last, $until) = (0, 0, time + 30);

            while (time < $until) {
                my $one = $from->get('/exam/exams/demo-2026');
                my $page = $from->get(
                    '/exam/exams/demo-2026/positions?limit=5&q=63');
                my $moved = $one->{json}{windows}{payment}{until} eq $to;

                # a revision is whole: never a new number with an old instant
                $bad++ if $one->{status} != 200 || $page->{status} != 200
                    || @{ $page->{json}{positions} } != 5
                    || $moved != ($one->{json}{revision} == 2);
                # and then a little longer
                $until = time + 0.5 if $moved && $last != 2;
                $last = $one->{json}{revision};
            }
            open my $file, '>', "$dir/looker$n" or die $!;
            print {$file} "$bad $last";
            close $file;
        });
    }

    sleep 0.5;
    my ($status, $said) = ctl('move', 'demo-2026', 'payment.until', $to,
        '--reason', '银行系统维护，缴费延期');
    is($status, 0, 'moved') or diag($said);
    like($said, qr/payment.until is \Q$to\E now, revision 2/, 'and told');
    Civic::Process::stop($_, 'CONT', 40) for @pids;
    is(slurp("$dir/looker$_"), '0 2', 'each saw whole revisions, then this')
        for 0, 1;

    ($status, $said) = ctl('move', 'demo-2026', 'payment.until', $to,
        '--reason', 'twice');
    is($status, 0, 'the same again');
    like($said, qr/is \Q$to\E already/, 'changes nothing');

    becomes('other plugins are told', sub {
        grep { $_->{exam_id} eq 'demo-2026' && $_->{revision} == 2 }
            map { @{ $_->get('/review/told')->{json}{told} } } @worker });
    becomes('the list has it, too', sub {
        $client->get('/exam/exams')->{json}{exams}[0]{windows}{payment}{until}
            eq $to });
    is(call('exam.facts', exam_id => 'demo-2026')->{revision}, 2,
        'and so has who asks');
});


# ---- a bad file --------------------------------------------------------------

subtest('a bad file tells all its faults' => sub {
    my ($status, $said) = ctl('load', exam_file('bad-file', sub {
        my ($exam) = @_;

        $exam->{exam_id} = 'Bad Id';
        $exam->{form}[4]{type} = 'picklist';
        $exam->{positions}[7]{places} = 'two';
        $exam->{positions}[8]{code} = $exam->{positions}[7]{code};
        delete $exam->{sites}[1]{rooms}[2]{seats};
        $exam->{windows}{review}{from} = '2026-02-30T08:30:00+08:00';
        $exam->{sittes} = [];
    }));

    is($status, 1, 'refused');
    for my $line ('/exam_id: ', '/form/4/type: ', '/positions/7/places: ',
        '/positions/8/code: is there twice', '/sites/1/rooms/2/seats: is missing',
        '/windows/review/from: ', '/sittes: ')
    {
        like($said, qr/bad-file\.json: \Q$line\E/, $line);
    }
    like($said, qr/has \d+ faults and was not loaded/, 'and how many');
    unlike($said, qr/^loaded/m, 'nothing is loaded');

    ($status, $said) = ctl('load', "$dir/nowhere.json");
    is($status, 1, 'a file that is not there');
    like($said, qr/cannot read/, 'and why');
    open my $file, '>', "$dir/cut.json" or die $!;
    print {$file} substr slurp($shipped), 0, 900;
    close $file;
    ($status, $said) = ctl('load', "$dir/cut.json");
    like($said, qr{cut\.json: /: is no correct JSON \(\d+:\d+ }, 'one cut off');
    is($status, 1, 'is refused');

    for my $usage ([], ['help'], [ 'load' ], [ 'list', 'x' ], [ 'show' ],
        [ 'load', $shipped, '--quick' ], ['unload'])
    {
        ($status, $said) = ctl(@$usage);
        is($status, "@$usage" eq 'help' ? 0 : 2, "exam @$usage");
        like($said, qr/usage: civicctl exam/, 'says how it is called');
    }
});


# ---- again, and by others ----------------------------------------------------

subtest('a file is loaded again' => sub {
    my $gone = exam_file('demo-2026', sub {
        my ($exam) = @_;

        splice @{ $exam->{positions} }, 3, 2;
        $exam->{subjects}[2]{positions} = ['6301002'];
    });

    # a file of before the move takes the move back, and not in silence
    loads($gone, qr/revision\ 3,\ 28\ positions
        \nmind:\ 2\ positions\ .*\ are\ gone:\ 6302001\ 6302002
        \nmind:\ an\ instant\ .*:\ payment\.until\ \S+\ ->
        \ 2049-12-15T18:00:00\+08:00/x, 'with fewer positions');
    becomes('every worker has it', sub {
        !grep { exam('demo-2026', from => $_)->{json}{revision} != 3 }
            @worker });
    is($client->get('/exam/exams/demo-2026/positions/6302001')->{status}, 404,
        'what is gone is gone');

    my ($status, $said) = ctl('show', 'demo-2026');
    is($status, 0, 'shown');
    like($said, qr/revision 3\n.*payment: .*\n.*\nfee: 100\.00 yuan\n/s, 'its facts');
    like($said, qr/sites: 2, rooms: 7, seats: 195/, 'and places');
    ($status, $said) = ctl('show', 'demo-2026', '--json');
    utf8::encode($said);
    is($json->decode($said)->{positions}[3]{code}, '6302003',
        'and the file itself');
    like((ctl('list'))[1], qr/^demo-2026  3  2026-01-01T/m, 'listed');
    ($status, $said) = ctl('show', 'nothing');
    is($status, 1, 'what is not there');
});

subtest('positions of a table' => sub {
    open my $out, '>:encoding(UTF-8)', "$dir/positions.csv" or die $!;
    print {$out} "code,name,unit,places,note\r\n6301002,技术岗,图书馆,9,\r\n",
        "X1,\"新岗,位\",图书馆,1,新增\r\n";
    close $out;
    my $file = exam_file('tabled', sub {
        $_[0]{subjects}[2]{positions} = ['6301002'] });
    my ($status, $said) = ctl('load', $file, '--positions',
        "$dir/positions.csv");

    is($status, 0, 'loaded') or diag($said);
    my $page = found('tabled', '?q=%E5%9B%BE%E4%B9%A6');
    is(codes($page), '6301002 X1', 'those of the table');
    is($page->{json}{positions}[0]{places}, 9, 'with its numbers');
    is(scalar @{ $page->{json}{positions}[0]{conditions} }, 3,
        'and the conditions of the file');

    open $out, '>', "$dir/positions.csv" or die $!;
    print {$out} "code,name,unit,places,note\nA,b,c,many,\nA b,c,d,1,\n";
    close $out;
    ($status, $said) = ctl('load', $file, '--positions',
        "$dir/positions.csv");
    is($status, 1, 'a bad one');
    like($said, qr{: /positions/0/places: .*\(?}, 'by its rows');
    like($said, qr{: /positions/1/code: }, 'all of them');
    like($said, qr{/positions/0 is row 2 of .*positions\.csv, }, 'in the table');
});

subtest('the audit trail has each load and each move' => sub {
    $nginx->civicctl('job', 'run', 'civic.audit');
    my ($status, $said) = $nginx->civicctl('audit', 'show', '--action',
        'exam.moved', '--json');
    my @lines = map { $json->decode($_) } grep { /^\{/ } split /\n/, $said;

    is(scalar @lines, 1, 'one move');
    is($lines[0]{details}{reason}, '银行系统维护，缴费延期', 'why');
    is($lines[0]{details}{instant}, 'payment.until', 'what');
    is($lines[0]{details}{from}, '2049-12-15T18:00:00+08:00', 'from when');
    like($lines[0]{actor}, qr/^civicctl:/, 'and who');
    ($status, $said) = $nginx->civicctl('audit', 'show', '--action',
        'exam.loaded', '--json');
    @lines = map { $json->decode($_) } grep { /^\{/ } split /\n/, $said;
    is(scalar @lines, 3, 'three loads');
    is(join(' ', sort map { scalar @{ $_->{details}{moved} } } @lines),
        '0 0 1', 'and what one of them has moved back');
});


# ---- what the rules of photos say --------------------------------------------

subtest('a photo profile that the rules do not know' => sub {
    my @plugins = @{ $nginx->{plugins} };
    my $rules = $nginx->rules . '/photo_check.lua';
    my $wrong = sub {
        my ($exam) = @_;
        $exam->{photo_profile} = 'dance';
        $exam->{positions} = [ $exam->{positions}[0] ];
        delete $_->{positions} for @{ $exam->{subjects} };
    };
    my $file = exam_file('pictured', $wrong);

    loads($file, qr/^loaded: pictured, revision 1, 1 position$/m,
        'without photo_check nobody asks');
    $nginx->write_conf(plugins => [ @plugins, 'photo_check' ]);
    my ($status, $said) = ctl('load', $file);
    is($status, 1, 'with it the load is refused');
    like($said, qr{pictured\.json: /photo_profile: is no name .* \(dance\)$}m,
        'by its place and name');
    like($said, qr/ has 1 fault and was not loaded$/m, 'the only one');

    ($status, $said) = ctl('load', exam_file('pictured', sub {
        $wrong->(@_);
        $_[0]{sittes} = [];
    }));
    like($said, qr{/sittes: .*/photo_profile: .* has 2 faults }s,
        'with all others');
    ($status, $said) = ctl('load', exam_file('pictured', sub {
        $wrong->(@_);
        $_[0]{photo_profile} = '../x';
    }));
    like($said, qr/ has 1 fault /, 'one that is no name is one fault');

    for my $known ('default', undef) {
        loads(exam_file('pictured', sub {
            $_[0]{photo_profile} = $known;
            delete $_[0]{photo_profile} if !defined $known;
        }), qr/^loaded: pictured/, $known // 'no photo');
    }

    my $text = slurp($rules);
    my $write = sub {
        open my $out, '>', $rules or die $!;
        print {$out} @_;
        close $out;
    };
    $write->($text =~ s/^rules\.profiles = \{\K/ dance = {
        more_than = 1, most_bytes = 2000000, least_width = 300,
        least_height = 420, most_side = 4096, ratio = { 5, 7 },
        ratio_tolerance = 0.02, backgrounds = { "red" },
        background_share = 0.9, refuse = { "format" } },/mr
        =~ s/input = \{ profile = "dance" \},\s+output = \{ known = false/input = { profile = "waltz" }, output = { known = false/r);
    $file = exam_file('pictured', $wrong);
    loads($file, qr/^loaded: pictured, revision 4/, 'one that was added');
    $write->('return 1');
    loads($file, qr/mind: the rules of photos .*"dance".*loaded: pictured/s,
        'rules that cannot be read are a warning');
    $write->($text);
    $nginx->write_conf(plugins => \@plugins);
});

subtest('the list is in order' => sub {
    loads(exam_file($_), qr/^loaded/, $_) for 'zoo', 'an-exam', 'm-2', 'b-1';
    my @ids = map { (split / /)[0] } split /\n/, (ctl('list'))[1];
    is_deeply(\@ids, [ sort @ids ], 'by id');
    ok(@ids >= 7, 'all of them') or diag("@ids");
});


# ---- 20,000 positions --------------------------------------------------------

# How many turns of the workers' loops took longer than that, us.
sub longer {
    my ($us) = @_;
    my $count = 0;

    for my $file (grep { /\d$/ } glob "$turns/*") {
        my @all = unpack 'L*', slurp($file);
        $count += $_ for @all[ $us .. 20_000 ];
    }
    return $count;
}

sub large {
    my ($n, $condition) = @_;
    my $text = sprintf '{"code":"L%06d","name":{"zh":"岗位%d"},"unit":{"zh":'
        . '"第%d乡人民政府"},"places":2,"conditions":%s}', $n * 7, $n,
        $n / 30, 'HERE';

    utf8::encode($text);
    return $text =~ s/HERE/$condition/r;
}

my $many = $ENV{CIVIC_ASAN} ? 4000 : 20_000;

subtest("$many positions" => sub {
    my $file = exam_file('large', sub {
        my ($exam) = @_;

        $exam->{positions} = ['HERE'];
        $exam->{subjects}[2]{positions} = ['L000007'];
    });
    my $condition = $json->encode($json->decode(slurp($shipped))
        ->{positions}[1]{conditions});
    my $text = slurp($file) =~ s/"HERE"/join ',', map { large($_, $condition) }
        0 .. $many - 1/er;

    open my $out, '>', $file or die $!;
    print {$out} $text;
    close $out;
    my $longest = $ENV{CIVIC_ASAN} ? 20_000 : 2000;
    my $before = longer($longest);
    my $began = time;

    loads($file, qr/$many positions/, 'loaded');
    my $loaded = time - $began;
    $began = time;
    my $page = found('large', '?limit=5&q=' . ($many - 2));
    my $first = time - $began;
    is(codes($page), sprintf('L%06d', 7 * ($many - 2)), 'one is found');
    is($page->{json}{total}, $many, 'among all');
    found('large', '?q=%E5%B2%97%E4%BD%8D1+%E6%94%BF%E5%BA%9C', from => $_)
        for @worker;
    my $after = '';
    my $count = 0;
    for (1 .. 5) {
        my $part = $worker[0]->get('/exam/exams/large/positions?limit=50'
            . ($after ne '' ? "&after=$after" : ''));
        $count += @{ $part->{json}{positions} };
        $after = $part->{json}{after};
    }
    is("$count $after", '250 L001743', 'pages follow each other');
    is(longer($longest) - $before, 0, 'no loop was held');
    diag(sprintf 'load %.2f s, first page %.2f s', $loaded, $first)
        if $ENV{V};
});



# ---- ten years of exams ------------------------------------------------------

subtest('those that concern people now come first' => sub {
    my ($old, $longest) = (1000, $ENV{CIVIC_ASAN} ? 20_000 : 1000);

    my $others = 4 + $civic->redis->command('HLEN', 'civic:{exams}');

    Civic::Exam::enter_old($civic->redis, $old);
    for my $n (1 .. 4) {
        my $file = Civic::Exam::file(exam_id => "coming-$n");

        $file->{windows}{printing} = Civic::Exam::window(86400, $n * 9 * 86400);
        loads(Civic::Exam::write($dir, $file), qr/^loaded: coming-$n/m,
            "one more, $n");
    }
    sleep 2.1;                          # a page lasts two seconds

    my $before = longer($longest);
    my $first = $client->get('/exam/exams')->{json};

    is(join(' ', map { $_->{exam_id} } @{ $first->{exams} }[0 .. 3]),
        'coming-1 coming-2 coming-3 coming-4', 'what ends first at the top');
    is_deeply([ map { $_->{exam_id} } grep { $_->{state} eq 'over' }
        @{ $first->{exams} } ],
        [ map { sprintf 'old-%04d', $_ } 1 .. 20 - $others ],
        'then the last of those that are over');

    my %seen;
    my ($pages, $after) = (0, '');
    do {
        my $page = $worker[0]->get('/exam/exams?limit=32'
            . ($after ne '' ? "&after=$after" : ''))->{json};

        $seen{ $_->{exam_id} }++ for @{ $page->{exams} };
        $after = $page->{after} // '';
        $pages++;
    } while ($after ne '');
    is(scalar keys %seen, $old + $others, "all of them in $pages pages");
    is_deeply([ grep { $seen{$_} != 1 } keys %seen ], [], 'each once');
    is(longer($longest) - $before, 0, 'no loop was held');
    is_deeply(field_errors($client->get('/exam/exams?after=demo-2026&limit=0')),
        { '?after' => 'bad_format', '?limit' => 'too_small' },
        'a place that is none');

    my ($status, $said) = ctl('list');
    my @ids = $said =~ /^(\S+)  /mg;
    is(scalar @ids, $old + $others, 'the operator has them all');
    is_deeply(\@ids, [ sort keys %seen ], 'by their ids');

    ($status, $said) = ctl('move', 'coming-4', 'printing.until',
        Civic::Exam::instant(8 * 86400), '--reason', 'x');
    is($status, 0, 'one ends earlier') or diag($said);
    becomes('and comes first', sub { $client->get('/exam/exams?limit=1')
        ->{json}{exams}[0]{exam_id} eq 'coming-4' });
});

finish();
