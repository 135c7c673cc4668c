# Sampling on two nginx, with the family codes of the plugin kinship: codes
# scanned, the last seat and the sealing raced for, answers lost, results by
# JSON and by file, workers killed while results go to people, a correction by
# two, and 查询 of oneself and a relative.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Sandbox;

use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
my @ports = map { Civic::Process::port() } 0, 1;
my @with = map { {
    $sandbox->with_alipay(port => $ports[$_], start => 0,
        blobs => 'shared', upstreams => { register => $ports[$_] },
        plugins => [ 'login', 'civic', 'staff', 'face_auth',
            'kinship match_upstream=register '
            . 'match_path=/sandbox/identity-match', 'sampling' ],
        allow => qr/exited on signal 9/)
} } 0, 1;
my $one = civic(%{ $with[0] }, people => 6);
my $two = civic(%{ $with[1] }, redis => $one->redis);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
$one->add_staff(@$_) for [ ann => 'sampler' ], [ bob => 'sampler' ],
    [ lab => 'laboratory' ], [ lab2 => 'laboratory' ];
for my $civic ($one, $two) {
    $civic->nginx->start;
    $civic->wait_ready;
}

my $redis = $one->redis;
my @client = map { $_->client } $one, $two;
my ($ann, $bob, $lab, $lab2) = map { $one->staff_token($_) }
    qw(ann bob lab lab2);
my @people = map { $client[0]->login(@$_{qw(id_number password)}) }
    $one->people;
my ($girl) = Civic::Sandbox::family();
my ($key, $turn) = (0, 0);
my $true = JSON::PP::true();

# Each request goes to the other nginx than the one before.
sub ask {
    my ($method, $path, $token, %arg) = @_;

    $arg{headers} = { 'Idempotency-Key' => $arg{key} // 'k' . $key++,
        %{ $arg{headers} || {} } };
    delete $arg{key};
    return $client[ $turn++ % 2 ]->request($method, $path, token => $token,
        %arg);
}

sub opens {
    my ($barcode, $capacity, $token) = @_;

    return ask('POST', '/sampling/tubes', $token // $ann, json => {
        barcode => $barcode, capacity => $capacity, place => '莲湖区一号点' });
}

sub scans {
    my ($barcode, $code, %arg) = @_;

    return ask('POST', "/sampling/tubes/$barcode/people",
        $arg{token} // $ann, json => { code => $code },
        $arg{key} ? (key => $arg{key}) : ());
}

sub seals {
    return ask('POST', "/sampling/tubes/$_[0]/seal", $ann);
}

sub sends {
    my ($token, %results) = @_;

    return ask('POST', '/sampling/results', $token, json => { results => [
        map { { barcode => $_, result => $results{$_} } }
            sort keys %results ] });
}

sub outcomes {
    return [ map { $_->{outcome} } @{ $_[0]{json}{results} } ];
}

# What a person is shown now.
sub code_of {
    return ask('GET', '/kinship/code', $people[ $_[0] ])->{json}{code};
}

sub tests_of {
    return ask('GET', '/sampling/tests', $people[ $_[0] ])->{json};
}


# ---- people with codes -----------------------------------------------------------

sub consent {
    my ($token, $purpose) = @_;
    my $text = $client[0]->get("/civic/consents/texts/$purpose")->{json};

    return is(ask('POST', '/civic/consents', $token, json => {
        purpose => $purpose, method => 'tick_and_button', channel => 'web',
        flags => { map { $_ => $true } @{ $text->{flags} || [] } },
        map { $_ => $text->{$_} } qw(version digest language) })
        ->{status}, 201, "consents to $purpose");
}

for my $person ($redis->keys('civic:{p:*}:person')) {
    $redis->command('HSET', $person, 'proven', int(time) . '000 counter');
}
for my $token (@people) {
    consent($token, 'health');
    is(ask('POST', '/kinship/code', $token)->{status}, 200, 'an own code');
}

my $asked = ask('POST', '/kinship/bindings', $people[0], json => {
    name => $girl->{name}, id_number => $girl->{id_number},
    relation => 'child' });
my ($agreement, $health) = map { $client[0]->get(
    "/civic/consents/texts/$_")->{json} }
    @{ $asked->{json} }{qw(agreement health_consent)};
my $binding = $asked->{json}{binding_id};

ask('POST', "/kinship/bindings/$binding/agree", $people[0], json => {
    version => $agreement->{version}, agreed => $true, pledged => $true,
    health_version => $health->{version},
    flags => { map { $_ => $true } @{ $health->{flags} } } });
is(ask('POST', "/kinship/bindings/$binding/finish", $people[0], json => {})
    ->{status}, 200, 'a girl of 5 is bound');

sub code_of_girl {
    return ask('GET', "/kinship/codes/$binding", $people[0])->{json}{code};
}


# ---- a tube ------------------------------------------------------------------------

is(opens('XA20260001', 10)->{status}, 201, 'a tube');
is(opens('XA20260001', 10)->{status}, 201, 'asked for twice: the same');
is_problem(opens('XA20260001', 10, $bob), 409, 'sampling_tube_used',
    'by somebody else');
my $seat = scans('XA20260001', code_of(0), key => 'the-mother');
is($seat->{status}, 201, 'the mother') or diag($seat->{content});
like($seat->{json}{name}, qr/^测\*/, 'her name is masked');
is(scans('XA20260001', code_of_girl())->{json}{kind}, 'kin',
    'and the girl, by the family code');
is($redis->command('HGET', 'civic:{tube:XA20260001}:tube', 'count'), 2,
    'two are in it');

is_problem(scans('XA20260001', code_of_girl()), 409, 'sampling_already_in',
    'the same person');
is_problem(scans('XA20260001', code_of(1), token => $bob), 403,
    'sampling_tube_of_other', 'another sampler\'s tube');
is_problem(scans('XA20260001', 'https://example.org/menu'), 422,
    'sampling_code_unreadable', 'a code of something else');
my $forged = code_of(1);
substr($forged, 20, 1) = substr($forged, 20, 1) eq 'A' ? 'B' : 'A';
is_problem(scans('XA20260001', $forged), 422, 'sampling_code_forged',
    'an altered one');
my $listed = ask('GET', '/sampling/tubes/XA20260001', $ann)->{json};
is_deeply([ map { $_->{seat} } @{ $listed->{people} } ], [ 1, 2 ],
    'its sampler sees them');
is(ask('GET', '/sampling/tubes/XA20260001', $lab)->{json}{people}, undef,
    'and nobody else');

my $girls = $listed->{people}[1]{entry_id};
is(ask('DELETE', "/sampling/tubes/XA20260001/people/$girls", $ann)
    ->{json}{count}, 1, 'one taken out');
is(scans('XA20260001', code_of_girl())->{json}{seat}, 2, 'and back');
is_deeply(outcomes(sends($lab, XA20260001 => 'negative')), ['not_sealed'],
    'no result yet');
is(seals('XA20260001')->{status}, 200, 'sealed');
is_problem(scans('XA20260001', code_of(1)), 409, 'sampling_tube_sealed',
    'too late');


# ---- raced for -----------------------------------------------------------------------

# Requests that begin at one instant, in processes of their own: the answers.
sub at_once {
    my @requests = @_;
    my $start = time + 0.4;
    my @pipes = map {
        my ($n, $request) = ($_, $requests[$_]);
        my $pid = open my $pipe, '-|';

        die $! if !defined $pid;
        if (!$pid) {
            my $mine = Civic::Client->new(url =>
                ($one, $two)[ $n % 2 ]->nginx->url, unseen => 1);
            sleep 0.002 while time < $start;
            my $answer = $mine->request(@$request);
            print "$answer->{status} ", $answer->{json}{code}
                // $answer->{json}{state} // '', "\n";
            close STDOUT;
            POSIX::_exit(0);
        }
        $pipe;
    } 0 .. $#requests;

    return sort map { my $line = <$_>; chomp $line; $line } @pipes;
}

sub scan_of {
    my ($barcode, $code, $name) = @_;

    return [ 'POST', "/sampling/tubes/$barcode/people", token => $ann,
        headers => { 'Idempotency-Key' => $name // 'r' . $key++ },
        json => { code => $code } ];
}

opens('XA20260002', 5);
scans('XA20260002', code_of($_)) for 0 .. 3;
is_deeply([ at_once(scan_of('XA20260002', code_of(4)),
    scan_of('XA20260002', code_of(5))) ],
    [ '201 sealed', '409 sampling_tube_sealed' ], 'the last seat is one\'s');

opens('XA20260003', 5);
my $code = code_of(0);
is_deeply([ at_once(map { scan_of('XA20260003', $code) } 1 .. 4) ],
    [ '201 open', ('409 sampling_already_in') x 3 ],
    'one person, four scans: one seat');
my @sealing = at_once(scan_of('XA20260003', code_of(1)),
    [ 'POST', '/sampling/tubes/XA20260003/seal', token => $ann ]);
my $is = ask('GET', '/sampling/tubes/XA20260003', $ann)->{json};
is($is->{state}, 'sealed', 'sealed while somebody is scanned');
is($is->{count}, (grep { /^201/ } @sealing) ? 2 : 1,
    'whoever was told to be in it is') or diag("@sealing");

# the same key, on the other nginx: the answer that was lost
opens('XA20260004', 5);
my $first = scans('XA20260004', $code = code_of(0), key => 'lost');
my $again = scans('XA20260004', $code, key => 'lost');
is_deeply($again->{json}, $first->{json}, 'a repeat gets the same seat');
seals('XA20260004');


# ---- results ----------------------------------------------------------------------------

my $results = sends($lab, XA20260001 => 'negative', XA20260099 => 'negative',
    XA20260002 => 'maybe');
is_deeply(outcomes($results), [ 'told', 'bad_result', 'unknown_tube' ],
    'each for itself') or diag($results->{content});
my $file = ask('POST', '/sampling/results/file', $lab2, type => 'text/csv',
    body => "\xef\xbb\xbfbarcode,result\r\nXA20260001,positive\r\n\"x\r\n"
        . "XA20260003,invalid\r\n");
is_deeply(outcomes($file), [ 'contradicts', 'broken_line', 'told' ],
    'a file, line by line') or diag($file->{content});
is_deeply([ map { $_->{line} } @{ $file->{json}{results} } ], [ 2, 3, 4 ],
    'by their numbers');

sub wait_for_tests {
    my ($n, $count, $what, $seconds) = @_;

    return Civic::Process::wait_for($what, $seconds // 20, sub {
        return @{ tests_of($n)->{own}{tests} } >= $count;
    });
}

wait_for_tests(0, 2, 'results of the mother');
my $family = tests_of(0);
is_deeply([ map { $_->{result} } @{ $family->{own}{tests} } ],
    [ 'invalid', 'negative' ], 'her results, the newest first');
is($family->{relatives}[0]{binding_id}, $binding, 'and the girl\'s');
is_deeply([ map { $_->{label} } @{ $family->{relatives}[0]{tests} } ],
    ['阴性'], 'negative');
my ($pid) = map { /\{p:(.{22})\}/ } $redis->keys('civic:{p:*}:guardians');
ok($redis->command('XLEN', "civic:{p:$pid}:looks"), 'the look is noted');


# ---- as much as a file may have --------------------------------------------------------

my $sampler = $redis->command('HGET', 'civic:{tube:XA20260001}:tube', 'by');
for my $n (1 .. 1000) {
    $redis->command('HSET', sprintf('civic:{tube:XC2026%04d}:tube', $n),
        state => 'sealed', version => 2, capacity => 5, count => 5,
        place => 'p', by => $sampler, at => 1, sealed_at => 2);
}
my $large = ask('POST', '/sampling/results/file', $lab, type => 'text/csv',
    body => join "\n", 'barcode,result,at', map {
        sprintf('XC2026%04d,negative,2026-03-09 12:00', $_) } 1 .. 1000);
is($large->{json}{accepted}, 1000, 'a thousand lines')
    or diag(substr $large->{content}, 0, 500);


# ---- killed while they go to people ------------------------------------------------------

my @many = map { sprintf 'XB2026%04d', $_ } 1 .. 6;
for my $barcode (@many) {
    opens($barcode, 5);
    scans($barcode, code_of($_)) for 1 .. 3;
    seals($barcode);
}
my %before = map { ($_ => scalar @{ tests_of($_)->{own}{tests} }) } 1 .. 3;
my %told = map { ($_ => told($_)) } 1 .. 3;
is_deeply(outcomes(sends($lab, map { $_ => 'negative' } @many)),
    [ ('told') x 6 ], 'many results');
for (1 .. 3) {
    kill 'KILL', $one->nginx->workers, $two->nginx->workers;
    sleep 0.7;
}
@client = map { $_->client } $one, $two;
$_->wait_ready for $one, $two;
# who was killed may hold a shard for 35 s more, and a note that was lost with it
# is made good by the round of 50 s
wait_for_tests($_, $before{$_} + 6, "all of $_", 90) for 1 .. 3;
Civic::Process::wait_for('all messages', 90, sub {
    return !grep { told($_) < $told{$_} + 6 } 1 .. 3;
});
for my $n (1 .. 3) {
    is(@{ tests_of($n)->{own}{tests} }, $before{$n} + 6, 'each came once');
    is(told($n), $told{$n} + 6, 'and was told once');
}

sub told {
    my ($n) = @_;
    my $inbox = ask('GET', '/civic/messages', $people[$n])->{json};

    return scalar grep { $_->{kind} eq 'sampling.result' }
        @{ $inbox->{messages} };
}


# The code follows the result.
sub becomes_coloured {
    my ($colour) = @_;
    my $is = '';

    eval { Civic::Process::wait_for("the code to be $colour", 10, sub {
        $is = ask('GET', '/kinship/code', $people[3])->{json}{colour};
        return $is eq $colour;
    }) };
    return is($is, $colour, "the code is $colour");
}


# ---- a guardian is told of a relative's --------------------------------------------------

# That there is a result, not which; once for each tube that the girl was in.
Civic::Process::wait_for("the mother to hear of the girl's", 20, sub {
    return of_girl() == 1;
});
my ($of_girl) = of_girl();
like($of_girl->{text}, qr{^\S\*\S有新的}, 'whose, masked');
unlike("$of_girl->{title} $of_girl->{text}", qr/阴性|阳性|复核|无效/,
    'and not what it is');

sub of_girl {
    my $inbox = ask('GET', '/civic/messages', $people[0])->{json};

    return grep { $_->{kind} eq 'kinship.tested' } @{ $inbox->{messages} };
}


# ---- a mixed positive, corrected by two ---------------------------------------------------

is_deeply(outcomes(sends($lab, XA20260002 => 'positive')), ['told'],
    'a mixed positive');
Civic::Process::wait_for('a recheck', 20, sub {
    return tests_of(3)->{own}{recheck};
});
becomes_coloured('yellow');
opens('XA20260005', 5);
is_problem(scans('XA20260005', code_of(3)), 409, 'sampling_single_only',
    'alone, please');
my $correction = '/sampling/results/XA20260002/correction';
is(ask('POST', $correction, $lab, json => { result => 'negative',
    why => '复检' })->{json}{outcome}, 'proposed', 'a correction');
is_problem(ask('POST', "$correction/confirm", $lab,
    json => { result => 'negative' }), 403, 'sampling_correction_own',
    'not by the same person');
is(ask('POST', "$correction/confirm", $lab2,
    json => { result => 'negative' })->{json}{outcome}, 'confirmed',
    'by another one');
Civic::Process::wait_for('the correction', 20, sub {
    return !tests_of(3)->{own}{recheck};
});
becomes_coloured('green');


# ---- rules that ask for more than there is ---------------------------------------------------

# Refused as a whole, and not made smaller in silence: what was there goes on.
my $rules = $one->nginx->rules . '/sampling.lua';
my $good = do { open my $in, '<:raw', $rules or die "$rules: $!"; local $/;
    <$in> };

sub says_of {
    my ($from, $to) = @_;
    my $dir = $one->nginx->rules . '/copy';

    system 'cp', '-r', Civic::Nginx::root() . '/lua/rules', $dir if !-e $dir;
    open my $out, '>:raw', "$dir/sampling.lua" or die "$dir: $!";
    print {$out} $good =~ s/^rules\.\Q$from\E/rules.$to/mr;
    close $out;
    return $one->nginx->civicctl('rules', 'check', "$dir/sampling.lua");
}

is((says_of('shown = 20', 'shown = 50'))[0], 0, 'as many as there may be');
for my $wrong (['shown = 20', 'shown = 51'], ['lines = 1000', 'lines = 1001'],
               ['items = 200', 'items = 0'],
               ['keep_tests = 180', 'keep_tests = 4000'],
               ['capacities = { 1, 5', 'capacities = { 1, 65'],
               ['barcode_max = 32', 'barcode_max = 33'],
               ['rebuild_every = 21600', 'rebuild_every = 1']) {
    my ($status, $said) = says_of(@$wrong);
    my ($name) = $wrong->[1] =~ /^(\w+)/;

    isnt($status, 0, "$wrong->[1] is refused");
    like($said, qr/\Q$name\E.*expected a whole number from/, 'and why');
}


# ---- the consent ends -----------------------------------------------------------------------

ask('DELETE', '/civic/consents/health', $people[3]);
Civic::Process::wait_for('nothing to be left', 20, sub {
    return !@{ tests_of(3)->{own}{tests} };
});
pass('what was kept goes with the consent');

finish();
