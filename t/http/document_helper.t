# What plugins draw documents with, from a plugin through nginx to a real
# engine and back: the whole list, and each mistake that can be made.
#
# tiers: http asan

use utf8;
use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound qw(internal);
use Encode qw(encode decode);

my $media = Civic::Media->start(workers => 1);
my $civic = civic(plugins => [], fixtures => ['shared_printer'],
    http => internal({ media => $media->location }));
my $client = $civic->client;
my $folder = Civic::Process::folder();

sub sheet {
    my ($how, $photo) = @_;

    return $client->request('POST', "/printer/sheets?how=$how",
        body => $photo // photo('good.jpg'),
        headers => { 'Content-Type' => 'image/jpeg' });
}

my $answer = sheet('pdf');
is($answer->{status}, 200, 'a PDF') or diag($answer->{content});
is($answer->{headers}{'content-type'}, 'application/pdf', 'its type');
is($answer->{headers}{'printer-word'},
    encode('UTF-8', "2 1 \x{e123}\x{10fffd}"),
    'pages, what was cut, and what is missing');
is(sheet('twice')->{content}, $answer->{content}, 'drawn again: the same');

open my $file, '>:raw', "$folder/sheet.pdf" or die $!;
print {$file} $answer->{content};
close $file;
my $text = decode('UTF-8', `pdftotext -layout $folder/sheet.pdf -`);
like($text, qr/\Q$_\E/, "on it: $_")
    for '科目 "一"', 'C:\\ 09:00', '一行', '二行 〓〓', '…';
my $info = decode('UTF-8', `TZ=UTC pdfinfo -isodates $folder/sheet.pdf`);
like($info, qr/^Title:\s+表$/m, 'its title');
like($info, qr/^CreationDate:\s+2026-11-22T08:00:00/m, 'its date');
my @photos = `pdfimages -list $folder/sheet.pdf` =~ /\sjpeg\s+\w+\s+(\d+)/g;
my %objects = map { $_ => 1 } @photos;
is(scalar @photos, 2, 'two photos');
is(scalar keys %objects, 1, 'which are one in the file');

$answer = sheet('png');
is($answer->{headers}{'content-type'}, 'image/png', 'a PNG');
is(join(' ', unpack 'x16NN', $answer->{content}), '909 1286', 'at 110 dpi');

# CIVIC_ERROR -2, CIVIC_NOT_SENT -3, CIVIC_INVALID -6
for my $case ([ no_page => -2, 'no page' ], [ pages => -2, 'too many pages' ],
    [ nan => -2, 'a number that is none' ],
    [ colour => -2, '422 bad_document "/pages/1/items/4/colour"' ])
{
    my ($how, $result, $log) = @$case;

    $civic->nginx->allow(qr/\Q$log\E/);
    is(sheet($how)->{json}{result}, $result, "a mistake: $how");
    ok($civic->nginx->log_has(qr/\Q$log\E/), 'which the log tells');
}
$civic->nginx->allow(qr/does not draw a document: 415 not_a_jpeg/);
is(sheet('pdf', 'no photo at all')->{json}{result}, -6, 'no photo');
is($media->stop, 0, 'the engine ends');
is(sheet('pdf')->{json}{result}, -3, 'nobody there');
is(join("\n", $media->alarms), '', 'nothing alarming');

finish();
