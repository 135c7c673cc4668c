# Documents that the media engine draws: what poppler and zbar, who know
# nothing of us, find in them; and that neither hostile texts nor hostile
# pictures do more than lose their own request.
#
# tiers: http asan

use utf8;
use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Process;
use JSON::PP;
use Time::HiRes qw(time);

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $sanitized = Civic::Nginx::asan();
my $folder = Civic::Process::folder();
my $media = Civic::Media->start(workers => 2);
my @photo = (photo => [ 'image/jpeg', photo('good.jpg') ]);
my @code = (code => [ 'image/png', photo('code.png') ]);
my $written = 'HTTPS://EXAMPLE.ORG/T/0123456789ABCDEF';

sub page { return { width => 210, height => 297, items => [@_] } }

sub text {
    my ($text, %more) = @_;

    return { type => 'text', x => 20, y => 20, width => 170, size => 12,
        text => $text, %more };
}

sub picture {
    my ($part, %more) = @_;

    return { type => 'picture', x => 150, y => 200, width => 30,
        height => 40, part => $part, %more };
}

sub drawn {
    my ($list, $name, @pictures) = @_;
    my $answer = $media->document('format=pdf', $list, @pictures);

    is($answer->{status}, 200, $name) or diag($answer->{content});
    return $answer;
}

sub save {
    my ($answer, $name) = @_;

    open my $file, '>:raw', "$folder/$name" or die $!;
    print {$file} $answer->{content};
    close $file;
    return "$folder/$name";
}

# What a tool says of the answer's bytes.
sub told {
    my ($answer, $command) = @_;
    my $path = save($answer, 'told.pdf');

    open my $out, '-|:utf8', "$command $path " . ($command =~ /^pdftotext/
        ? '-' : '') . ' 2>&1' or die $!;
    local $/;
    return scalar(<$out>) // '';
}

sub pdf_text {
    my $text = told($_[0], 'pdftotext -layout');

    $text =~ s/[\f\s]+\z//;
    return $text;
}

# Each word with its box in points: [ text, left, top, right, bottom ].
sub words {
    my $text = told($_[0], 'pdftotext -bbox');

    return map { [ @$_[4, 0 .. 3] ] } map { [ /xMin="([\d.]+)" \s yMin="([\d.]+)"
        \s xMax="([\d.]+)" \s yMax="([\d.]+)">(.*?)</x ] }
        $text =~ /<word .*?<\/word>/g;
}

sub mm { return $_[0] / 72 * 25.4 }

sub near {
    my ($got, $wanted, $within, $name) = @_;

    ok(abs($got - $wanted) <= $within, $name)
        or diag("$got is not within $within of $wanted");
    return;
}

# ---- what stands on a ticket -------------------------------------------------

my $name = '阿卜杜拉·买买提';
my $rare = "王\x{4dae} \x{2c54e} \x{20164} \x{2a6a5} \x{3404}";
my $ticket = { title => '准考证', language => 'zh-CN', pages => [
    page(text('2026年考试准考证', size => 22, weight => 'bold',
            align => 'centre'),
        text($name, y => 40), text($rare, y => 50),
        text("Room 3, Seat 12: caf\x{e9} Ünï", y => 60),
        text('被点到的人', y => 70, weight => 'bold'),
        { type => 'line', x1 => 20, y1 => 80, x2 => 190, y2 => 80,
            width => 0.3, dash => 2, colour => '#808080' },
        { type => 'rect', x => 20, y => 90, width => 60, height => 20,
            line => 0.5, fill => '#f0f0ff' },
        picture('photo'), picture('code', x => 20, height => 30)),
    page(text('第二页')),
] };
my $answer = drawn($ticket, 'a ticket', @photo, @code);
is($answer->{headers}{'content-type'}, 'application/pdf', 'a PDF');
like($answer->{content}, qr/\A%PDF-1\.\d/, 'indeed');
is_deeply($answer->{media}{missing}, [], 'nothing is missing');
is_deeply($answer->{media}{cut}, [], 'nothing was cut');
is($answer->{media}{pages}, 2, 'two pages');
ok(@{ $answer->{media}{fonts} } >= 2, 'in several fonts');

my $text = pdf_text($answer);
for my $part ('2026年考试准考证', $name, '被点到的人', '第二页',
    "Room 3, Seat 12: caf\x{e9} Ünï")
{
    like($text, qr/\Q$part\E/, "can be found: $part");
}
like($text, qr/\Q$_\E/, sprintf 'U+%04X can be found', ord $_)
    for grep { /\S/ } split //, $rare;

my @fonts = grep { /\byes|\bno/ } split /\n/, told($answer, 'pdffonts');
ok(@fonts >= 3, 'fonts are in it') or diag(told($answer, 'pdffonts'));
ok(!(grep { !/\s+yes\s+yes\s+yes\s+\d+\s+\d+\s*$/ } @fonts),
    'each embedded, a subset, with its Unicode') or diag("@fonts");
my $info = told($answer, 'pdfinfo');
like($info, qr/^Title:\s+准考证$/m, 'the title');
unlike($info, qr/Date/, 'no date');
like($info, qr/^Pages:\s+2$/m, 'pages');
like($info, qr/^Page size:\s+595\.\d+ x 841\.\d+ pts \(A4\)$/m, 'A4');
like(told($answer, 'pdfimages -list'), qr/image\s+600\s+840\s+rgb\s+3\s+8\s+jpeg/,
    'the photo is a JPEG in it');

my $path = save($answer, 'ticket.pdf');
system("pdftoppm -r 150 -f 1 -l 1 -png $path $folder/ticket");
my ($image) = glob "$folder/ticket-*.png";
is(`zbarimg -q --raw $image 2>/dev/null`, "$written\n",
    'the code can be scanned from the print');

# The dot of a name: half a character's width, in the middle of it.
my ($word) = grep { $_->[0] eq $name } words($answer);
ok($word, 'the name is one word') && near($word->[3] - $word->[1],
    7 * 12 + 5.5, 0.6, 'its dot is nearly half a character wide');
my ($same) = grep { $_->[0] eq '准考证' || $_->[0] eq '2026年考试准考证' }
    words($answer);
near(($same->[1] + $same->[3]) / 2, 105 / 25.4 * 72, 1, 'the title is centred');

# ---- the same bytes ----------------------------------------------------------

is($media->document('format=pdf', $ticket, @photo, @code)->{content} eq
    $answer->{content}, 1, "the same again ($_)") for 1 .. 4;
my $other = Civic::Media->start(workers => 1);
is($other->document('format=pdf', $ticket, @photo, @code)->{content} eq
    $answer->{content}, 1, 'and by another engine');
is($other->stop, 0, 'which ends');
isnt($media->document('format=pdf', { %$ticket, title => 'x' }, @photo,
    @code)->{content} eq $answer->{content}, 1, 'another title is another');
like(told(drawn({ %$ticket, created => '2026-11-22T08:00:00+08:00' },
    'with a date', @photo, @code), 'pdfinfo -isodates'),
    qr/^CreationDate:\s+2026-11-22T08:00:00\+08/m, 'it is the one given');

# ---- as a picture ------------------------------------------------------------

$answer = $media->document('format=png&page=1&dpi=110', $ticket, @photo,
    @code);
is($answer->{status}, 200, 'a PNG') or diag($answer->{content});
is($answer->{headers}{'content-type'}, 'image/png', 'it says');
is(join(' ', @{ $answer->{media} }{qw(width height)}), '909 1286', 'its size');
is(join(' ', unpack 'x16NN', $answer->{content}), '909 1286', 'indeed');
is(`zbarimg -q --raw @{[ save($answer, 'a.png') ]} 2>/dev/null`, "$written\n",
    'the code can be scanned from the screen');
isnt($media->document('format=png&page=2', $ticket, @photo, @code)->{content},
    $answer->{content}, 'the second page is another');

# ---- in its box --------------------------------------------------------------

$answer = drawn({ pages => [ page(
    text('RIGHT', align => 'right'),
    text('低处', y => 40, height => 30, stand => 'bottom'),
    text('很长很长的一个考点名称在这里', y => 80, width => 40, size => 20,
        least_size => 6, lines => 1),
    text('另一个很长很长的考点名称也在这里', y => 100, width => 30, size => 20,
        lines => 1),
    text("一\n二\n三", y => 120, line_height => 2),
    text('一二三四五六七八九十' x 8, y => 160, width => 100, height => 20),
    text('Unbreakable words of a line', y => 200, width => 20, wrap => \0),
) ] }, 'texts in boxes');
my %at = map { $_->[0] => $_ } words($answer);
near(mm($at{RIGHT}[3]), 190, 0.3, 'on the right');
near(mm($at{'低处'}[4]), 70, 2.5, 'at the bottom');
my $small = $at{'很长很长的一个考点名称在这里'};
ok($small && mm($small->[3] - $small->[1]) <= 40.1, 'made smaller')
    && cmp_ok(mm($small->[3] - $small->[1]), '>', 36, 'but no more than needed');
is_deeply($answer->{media}{cut}, [ map { "/pages/0/items/$_" } 3, 5, 6 ],
    'what was cut is told');
near($at{'二'}[2] - $at{'一'}[2], 24, 0.1, 'a line is twice as high');
near($at{'三'}[2] - $at{'二'}[2], 24, 0.1, 'and the next one');
like(pdf_text($answer), qr/另一个…/, 'with an ellipsis');

# A line with a rare character stands where the others do.
$answer = drawn({ pages => [ page(text("甲\n\x{2c54e}乙\n丙")) ] },
    'lines of several fonts');
%at = map { $_->[0] => $_ } words($answer);
my ($second) = grep { $_->[0] =~ /乙/ } words($answer);
near($at{'丙'}[2] - $at{'甲'}[2], 2 * 12 * 1.4, 0.1, 'lines keep their distance');

# ---- letters that are none ---------------------------------------------------

$answer = drawn({ pages => [ page(text("\x{e123}人\x{e123}\x{10fffd}")) ] },
    'private characters');
is_deeply($answer->{media}{missing}, [ "\x{e123}", "\x{10fffd}" ],
    'are told, each once');
is(pdf_text($answer), '〓人〓〓', 'and printed as the sign for it');
unlike($media->log_text, qr/e123/i, 'of which no log tells');

for my $case (
    [ "A\x{202e}B\x{2066}C\x{200b}\x{feff}D\x{ad}E", 'ABCDE', 'overrides' ],
    [ "A\x{1}B\x{7f}C\x{9b}D", 'ABCD', 'controls' ],
    [ "one\ttwo", 'one two', 'a tab' ],
    [ "e\x{301}", "\x{e9}", 'a letter and its mark' ],
    [ "\x{fe00}\x{e0100}A", 'A', 'a variant of nothing' ],
) {
    my ($given, $printed, $what) = @$case;

    $answer = drawn({ pages => [ page(text($given)) ] }, $what);
    is(pdf_text($answer), $printed, "$what: what is printed");
    is_deeply($answer->{media}{missing}, [], "$what: nothing is missing");
}

# ---- what is asked wrongly ---------------------------------------------------

sub refused {
    my ($answer, $status, $code, $reason, $name) = @_;
    my $problem = $answer->{json} || {};

    is("$answer->{status} " . ($problem->{code} // '-')
        . (defined $reason ? ' ' . ($problem->{reason} // '-') : ''),
        "$status $code" . (defined $reason ? " $reason" : ''), $name)
        or diag($answer->{content});
    return;
}

sub faults {
    my ($list, $wanted, $name) = @_;
    my $answer = $media->document('format=pdf', $list, @photo);

    refused($answer, 422, 'bad_document', undef, $name);
    is(join(', ', sort map { "$_->{at} $_->{code}" }
        @{ ($answer->{json} || {})->{faults} || [] }), $wanted,
        "$name: where");
    return;
}

refused($media->document($_->[0], $ticket, @photo, @code), 400, 'bad_request',
    $_->[1], $_->[0])
    for [ 'format=gif', 'format' ], [ 'page=1', 'format' ],
        [ 'format=pdf&page=1', 'page' ], [ 'format=png&page=3', 'page' ],
        [ 'format=png&page=0', 'page' ], [ 'format=png&dpi=301', 'dpi' ],
        [ 'format=pdf&x=1', 'query' ];
refused($media->document('format=pdf', $_->[0]), 400, 'bad_request',
    'document', $_->[1])
    for [ '{', 'no JSON' ], [ '[]', 'no object' ], [ '{"a":1,"a":2}', 'twice' ],
        [ '{"title":"\ud800"}', 'half a character' ],
        [ '{"title":"\u0000"}', 'NUL' ], [ "{\"title\":\"\xff\"}", 'no UTF-8' ],
        [ '[' x 100_000, 'depth' ];
refused($media->document('format=pdf', $ticket, @$_), 400, 'bad_request',
    'body', 'parts') for [ @photo, @photo ],
    [ document => [ 'application/json', '{}' ] ],
    [ 'A' => [ 'image/jpeg', 'x' ] ], [ 'x' x 33 => [ 'image/jpeg', 'x' ] ],
    [ x => [ 'image/gif', 'x' ] ],
    [ map { ("p$_" => [ 'image/png', 'x' ]) } 1 .. 17 ];
refused($media->post('/v1/documents?format=pdf', 'x'), 415, 'not_a_jpeg',
    undef, 'a picture');

faults({}, '/pages required', 'nothing');
faults({ pages => [] }, '/pages required', 'no page');
faults({ pages => [ (page()) x 41 ] }, '/pages too_many', '41 pages');
faults({ pages => [ { width => 9, height => 'x' } ], titel => 'x',
    language => '<>' }, '/language choice, /pages/0/height type, '
    . '/pages/0/width range, /titel unknown', 'several at once');
faults({ pages => [ page(text('x'), text('x', size => 1, colour => 'red',
    align => 'up', wrap => 1, x => '1', shadow => 1), 'x', { type => 'star' },
    { type => 'line' }, picture('none'), {}) ] },
    join(', ', sort map { "/pages/0/items/$_" } '1/size range',
        '1/colour colour', '1/align choice', '1/wrap type', '1/x type',
        '1/shadow unknown', '2 type', '3/type choice', '4/x1 required',
        '4/y1 required', '4/x2 required', '4/y2 required', '5/part no_part',
        '6/type required'), 'each with its pointer');
faults({ pages => [ page(text('x' x 4001)) ] }, '/pages/0/items/0/text length',
    '4001 letters');
faults({ pages => [ page((text('x')) x 2001) ] }, '/pages/0/items too_many',
    '2001 items');
faults({ pages => [ page() ], created => '2026-11-22 08:00:00' },
    '/created length', 'no instant');
faults({ pages => [ page() ], created => '2026-11-22 08:00:00Z' },
    '/created instant', 'nearly one');
is(scalar @{ $media->document('format=pdf',
    { pages => [ page(({}) x 100) ] })->{json}{faults} }, 32,
    'no more than 32 are told');

# ---- hostile pictures --------------------------------------------------------

sub no_picture {
    my ($part, $status, $code, $reason, $name) = @_;
    my $answer = $media->document('format=pdf',
        { pages => [ page(picture('bad')) ] }, bad => $part);

    refused($answer, $status, $code, $reason, $name);
    is($answer->{json}{part}, 'bad', "$name: which") if $code ne 'too_large'
        || $reason ne 'memory';
    return;
}

no_picture([ 'image/jpeg', photo("hostile_$_->[0].jpg") ], @$_[1 .. 3], $_->[0])
    for [ 'flood', 413, 'too_large', 'width' ],
        [ 'scans', 413, 'too_large', 'scans' ],
        [ 'cmyk', 422, 'unsupported', 'cmyk' ],
        [ 'cut_3', 422, 'damaged', undef ];
my $png = photo('code.png');
no_picture([ 'image/jpeg', $png ], 415, 'not_a_jpeg', 'magic',
    'a PNG as a JPEG');
no_picture([ 'image/png', photo('good.jpg') ], 422, 'damaged', 'png',
    'a JPEG as a PNG');
no_picture([ 'image/png', substr $png, 0, $_ ], 422, 'damaged', 'png',
    "a PNG cut at $_") for 0, 20, 40, length($png) - 30;
no_picture([ 'image/png', substr($png, 0, 16) . pack('NN', @$_)
    . substr($png, 24) ], 413, 'too_large', 'pixels', "a PNG of @$_")
    for [ 65536, 65536 ], [ 4096, 4096 ], [ 4_000_000_000, 1 ];
no_picture([ 'image/png', substr($png, 0, 16) . pack('NN', 0, 0)
    . substr($png, 24) ], 422, 'damaged', 'png', 'a PNG of nothing');
refused($media->document('format=png&dpi=300', { pages => [
    { width => 1000, height => 1000 } ] }), 413, 'too_large', 'pixels',
    'a page of a hundred million pixels');

# ---- hostile texts -----------------------------------------------------------

# All of Unicode, some of each block: nothing is looked for that a worker may
# not look for.
my @letters = map { chr } grep { !($_ >= 0xd800 && $_ <= 0xdfff)
    && ($_ & 0xfffe) != 0xfffe && !($_ >= 0xfdd0 && $_ <= 0xfdef) }
    map { $_ * ($sanitized ? 201 : 31) } 1 .. ($sanitized ? 5540 : 35_900);
my @some = map { join '', splice @letters, 0, 900 } 1 .. @letters / 900;
my $begin = time;
for my $weight (qw(regular bold)) {
    $answer = drawn({ pages => [ map { page(text($_, weight => $weight)) }
        @some ] }, "all of Unicode, $weight");
    is(scalar @{ $answer->{media}{missing} }, 64, 'of what is missing 64');
}
note(sprintf 'all of Unicode twice: %.1f s', time - $begin);

my $whole = { pages => [ page((text('考' x 100, width => 40,
    least_size => 3, lines => 2)) x 2000) ] };
for my $case (
    [ '4,000 marks', "a" . "\x{301}" x 3999 ],
    [ '4,000 marks in turn', join '', map { chr(0x300 + $_ % 100) } 1 .. 4000 ],
    [ '4,000 of another script', "\x{645}" x 4000 ],
    [ '4,000 directions', "\x{202e}\x{5d0}1" x 1333 ],
    [ '4,000 lines', "\n" x 4000 ],
    [ '4,000 wide', "\x{fdfa}" x 4000 ],
    [ '4,000 emoji', "\x{1f468}\x{200d}" x 2000 ],
    [ '4,000 variants', "\x{8fba}" . "\x{e0101}" x 3999 ],
) {
    my ($what, $letters) = @$case;

    $begin = time;
    drawn({ pages => [ page(text($letters, width => 30, height => 30,
        least_size => 4)) ] }, $what);
    cmp_ok(time - $begin, '<', $sanitized ? 60 : 15, "$what: in time");
}
$begin = time;
my $status = $media->document('format=pdf', $whole)->{status};
note(sprintf '2,000 texts that do not fit: %d after %.1f s', $status,
    time - $begin);
ok($status == 200 || $status == 0, 'or a worker ends, and only one');
ok(Civic::Process::alive($media->pid), 'the engine lives');
drawn($ticket, 'and serves', @photo, @code);

# ---- how fast, how large -----------------------------------------------------

$media->document('format=pdf', $ticket, @photo, @code) for 1 .. 4;
$begin = time;
$media->document('format=pdf', $ticket, @photo, @code) for 1 .. 20;
note(sprintf 'a PDF of two pages with a photo: %.0f ms',
    (time - $begin) * 50);
$begin = time;
$media->document('format=png', $ticket, @photo, @code) for 1 .. 20;
note(sprintf 'a PNG of a page at 110 dpi: %.0f ms', (time - $begin) * 50);
for my $pid ($media->pid, $media->workers) {
    my %is = map { $_ => int((Civic::Media::status_of($pid, $_) // 0) =~
        s/ kB//r / 1024) } qw(VmHWM RssAnon RssFile);

    note("process $pid: at most $is{VmHWM} MB, $is{RssAnon} MB its own, "
        . "$is{RssFile} MB of files");
    is(Civic::Media::status_of($pid, 'Threads'), 1, 'one thread');
}

is($media->stop, 0, 'the engine ends');
is(join("\n", $media->alarms), '', 'nothing alarming');

# ---- without fonts -----------------------------------------------------------

$media = Civic::Media->start(workers => 1,
    options => [ '--fonts', '/nowhere/a.ttf:/etc/passwd' ]);
like($media->log_text, qr/no documents: none of the fonts is there/,
    'without fonts the log says so');
refused($media->document('format=pdf', $ticket, @photo, @code), 501,
    'no_fonts', undef, 'and documents are refused');
is_deeply($media->get('/v1/health')->{json}, { version => 1,
    faces => JSON::PP::false(), documents => JSON::PP::false() }, 'health');
is($media->post('/v1/photos/measure', photo('good.jpg'))->{status}, 200,
    'photos are measured all the same');
is($media->stop, 0, 'it ends');

# One font alone does as well as it can.
$media = Civic::Media->start(workers => 1, options => [ '--fonts',
    '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' ]);
$answer = drawn({ pages => [ page(text('Name: 王')) ] }, 'one font');
is_deeply($answer->{media}{missing}, ['王'], 'has no Chinese');
is(pdf_text($answer), 'Name: ?', 'nor the sign for it');
is_deeply($answer->{media}{fonts}, ['DejaVu Sans'], 'which one it is');
is($media->stop, 0, 'it ends, too');
is(join("\n", $media->alarms), '', 'nothing alarming there');

done_testing();
